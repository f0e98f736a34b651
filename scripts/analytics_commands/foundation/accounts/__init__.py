"""What the bucket lists, what BigQuery holds, and what the one has and the other lacks.

inventory   the bucket's objects, by listing
ledger      what BigQuery holds of each, counted by SQL
shortfalls  which stored objects lack rows
"""
