"""What the storage keeps, whatever the wire protocol: buckets, objects and their events.

buckets         their fields, as their owner set them
generations     objects, written whole or not at all; targets and conditions say which writes
resumable       uploads that arrive in pieces, multipart_uploads: in numbered ones
object_listing  prefix, delimiter, pages; globs are its patterns
object_rows     objects as rows of the database
outbox          a finalize event for each new generation
"""
