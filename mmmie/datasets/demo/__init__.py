"""The demo corpus: generated from a seed, with known answers."""
