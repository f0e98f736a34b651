"""What the pipeline costs: a workload becomes quantities, quantities times list prices dollars.

`workload`: what is sent, and what it makes the platform do in a month, with `reconciling` for the
scheduled repair and `units` for the sizes that were measured; `prices`: prices.json with its tiers,
units and sources; `estimate`: both together, one line item per price; `action` prints that.
"""
