"""What is stored but not loaded is loaded after all: the scheduled function `reconcile`.

It builds on `load`, so that an event becomes the same row whoever loads it.
"""
