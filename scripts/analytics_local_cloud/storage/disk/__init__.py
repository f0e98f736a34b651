"""How the storage keeps things on disk: durable before anything is answered.

blobs         the bytes of each generation, in a file of its own
database      SQLite: one writer, a reading connection per thread
group_commit  the writer: requests that wait together share one transaction
"""
