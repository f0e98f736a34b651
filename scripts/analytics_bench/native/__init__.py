"""C sources, and their compiler."""
