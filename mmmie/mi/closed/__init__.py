"""Closed forms for Gaussians, and how Gaussian data are."""
