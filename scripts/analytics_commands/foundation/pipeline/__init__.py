"""The pipeline that a command works on: which one, which part of it, and how."""
