"""Runs the whole pipeline under load, kills and faults, and counts what became of each event.

batches          what a client sends: seeded, each event with a tag of its own
client_receipts  pure: what clients sent and were answered, and what must be stored of it
clients          send it, again where they must
lifetimes        the pipeline, started again after each kill
disturbances     kills, and faults over the local cloud's API
samples          memory and handles of each process, and whether they grow
tag_counts       counts each tag where it must be
summary          all of it, for people and as JSON
"""
