"""A stored object becomes rows, and what cannot become a row a dead letter: the function `load`."""
