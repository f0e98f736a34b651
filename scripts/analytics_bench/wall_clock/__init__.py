"""Requests a second, latencies and CPU time, of variants that take turns."""
