"""Which part of the input a prediction is owed to."""
