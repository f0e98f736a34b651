"""Dead letters again: which are open, what has become of their lines, and that on record."""
