"""Saved queries: which there are, what they are asked for, and their answers as CSV."""
