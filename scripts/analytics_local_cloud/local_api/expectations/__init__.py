"""What may be expected of what came, and what is said where it is not so."""
