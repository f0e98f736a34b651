"""Loading what is stored and has no rows."""
