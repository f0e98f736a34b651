"""Deleting stored objects: which are meant, which have to stay, and no other than were seen."""
