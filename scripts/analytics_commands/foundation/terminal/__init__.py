"""What a person types and reads: options, progress, tables, how a command ends."""
