"""What is in a corpus: its quality, its numbers, its channels."""
