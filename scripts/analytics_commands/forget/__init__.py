"""Forgetting one player: what is theirs in stored objects and tables, and taking it out of both."""
