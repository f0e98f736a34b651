"""Cloud Storage's XML API: what obstore and signed URLs speak.

xml_objects  reading, writing and deleting objects
xml_buckets  listing a bucket's objects
"""
