"""Google Cloud on one machine: small servers that speak the real wire protocols."""
