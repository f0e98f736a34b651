"""Whether each event is stored and queryable exactly once, unaltered."""
