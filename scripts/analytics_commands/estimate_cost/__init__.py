"""What the pipeline costs: a workload becomes quantities, quantities times list prices dollars.

`workload`: what is sent, and what it makes the platform do in a month; `prices`: prices.json with
its tiers, units and sources; `estimate`: both together, one line item per price; `page`: the
tables of docs/cost.md, written from the same data.
"""
