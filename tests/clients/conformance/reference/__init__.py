"""A small client that keeps all promises: to test the suite with, and to read."""
