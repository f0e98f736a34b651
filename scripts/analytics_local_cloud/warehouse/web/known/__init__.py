"""Known, or refused: all that a request may say.

request_bodies      the fields of the messages
request_parameters  what stands in URLs
schema_fields       names and schemas in them
file_fields         files in them
label_rules         what labels may be
messages            the kinds of fields, and reading a request by these tables
"""
