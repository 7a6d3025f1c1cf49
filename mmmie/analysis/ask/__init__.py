"""What the model says when it is told something else."""
