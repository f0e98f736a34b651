"""A deployment removed, and what it holds only when that is said."""
