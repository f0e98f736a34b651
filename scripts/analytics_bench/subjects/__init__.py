"""What runs inside of a measured process: never imported, but started by its path."""
