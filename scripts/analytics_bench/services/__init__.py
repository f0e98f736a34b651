"""What is measured, and what it speaks to, as processes."""
