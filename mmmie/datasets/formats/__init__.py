"""One file per format, and the list of them."""
