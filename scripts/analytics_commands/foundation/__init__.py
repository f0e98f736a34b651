"""What the commands share that operate a pipeline: which one, which part of it, how it is shown."""
