"""Training: configuration, objective, trainer, checkpoints and the run folder."""
