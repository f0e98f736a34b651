"""A change before it is deployed: stored events through its row code, and through an earlier."""
