"""Cloud Storage's XML API: what obstore and signed URLs speak.

xml_objects    reading, writing and deleting objects
xml_multipart  writing them in parts
xml_buckets    listing a bucket's objects
xml_target     what a request writes, and whether its signature is right
"""
