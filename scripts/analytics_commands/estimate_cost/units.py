"""Units, and sizes that were measured on the pipeline itself, in bytes."""

DAYS = 30  # a month
SECONDS = DAYS * 86_400
KIB, GIB, TIB = 2**10, 2**30, 2**40
MILLION = 1e6

ENVELOPE = 220  # what the server adds to an event
COLUMNS = 240  # what a row holds besides the event: path, ids, times, less names of its columns
ANSWER = 500  # a receipt with its headers
LOG_LINE = 1000  # a line with what Cloud Logging adds to it
NOTIFICATION = 2048  # a finalized event: the object's resource as JSON
