"""What goes out, when, and what its answers mean."""
