"""What the codes hold, where they lie, and how they came to be there."""
