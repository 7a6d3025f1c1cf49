"""What a run recorded of mutual information, and estimates to compare it with."""
