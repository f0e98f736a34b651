"""A POST becomes one stored object, or a signed URL: what the function `ingest` runs.

It imports neither `load` nor `reconcile`, whose clients would double its cold start.
"""
