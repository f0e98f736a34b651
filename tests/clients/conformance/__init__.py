"""Whether a client loses nothing and doubles nothing: through bad weather, to the real rows."""
