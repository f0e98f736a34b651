"""What runs behind a client, in each process that uses it."""
