"""What two variables say about a third: both, each alone, and only together."""
