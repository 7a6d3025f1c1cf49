"""Pickles opened as data, without running anything."""
