"""Statements from their text to rows: names, parameters, and which engine runs them."""
