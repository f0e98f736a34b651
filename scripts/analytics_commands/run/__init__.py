"""The whole pipeline on this machine."""
