"""Analyses of a trained model: plain arrays and frames out, no screen."""
