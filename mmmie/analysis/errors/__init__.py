"""How large the errors are, where, and how sure that is."""
