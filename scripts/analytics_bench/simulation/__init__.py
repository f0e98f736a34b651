"""What `reconcile` takes when there is much, on a clock that nobody waits for."""
