"""All of it in numbers, words and pictures."""
