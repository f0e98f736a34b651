"""Faults that are switched on and off over HTTP: what the cloud does on a bad day, on this machine.

fault_kinds  the faults there are, as JSON
fault_board  which of them are on, and whom they hit
faulty_app   a service whose requests they hit
full_disk    files that cannot grow

Deliveries of events ask the board themselves; local_api has the API.
"""
