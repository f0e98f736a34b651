"""What is sent, by whom, and what came of it."""
