"""What is kept on disk, and the thread that writes it."""
