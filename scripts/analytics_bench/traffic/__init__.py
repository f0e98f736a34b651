"""What is sent, and the proof that it was stored."""
