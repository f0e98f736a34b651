"""The program `analytics`: a folder for each command, its door always `command.py`."""
