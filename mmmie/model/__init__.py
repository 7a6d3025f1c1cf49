"""The model: encoders, identity embedding, fusion, and `mmmie.py` that wires them."""
