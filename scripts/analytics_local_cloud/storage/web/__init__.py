"""What all of the storage's APIs read from a request and write into an answer.

served_methods   what each method takes: plain data; served refuses everything else
request_reading  preconditions, JSON bodies, checksums
paths            paths as they were sent: an encoded slash is no separator
storage_answers  resources and refusals, as JSON or XML; field_masks: parts of them
downloads        an object's bytes: ranges, gzip undone
browser_access   CORS
"""
