"""Faults on demand, as Google's storage testbench plays them to clients (its "Retry Test API").

retry_tests    which faults are still to be played, and the API that tests ask for them
playing        what each of them does to a request
interruptions  connections that end before their answer does

A request without the header `x-retry-test-id` passes by all this.
"""
