"""The bucket as a person looks through it.

previews   the beginning of an object as lines of JSON or text, or as bytes
objects    folders, and what is known of an object
"""
