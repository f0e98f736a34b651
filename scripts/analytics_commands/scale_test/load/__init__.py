"""What is sent, by whom, and what came of it.

`planting`: the events; `event_route`: one request and its answer; `sending`: the load, with
retries; `tally`: what came of each batch; `sending_progress`: what a person sees meanwhile.
"""
