"""A deployment made or changed, and proven."""
