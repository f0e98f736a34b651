"""What was measured, and whether it is what it should be."""
