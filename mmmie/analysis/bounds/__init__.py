"""What a run recorded of mutual information, and estimates to hold against it."""
