"""What a test can ask of the pipeline, over HTTP: what came, whether it is as expected, faults.

asked              what is asked, as JSON
event_fields       an event's fields by name, and how one may be expected to be
seen_traces        which traces are good, bad, pending
late_rows          rows that were never heard of
lookout            looks again whenever there is news
idleness           whether anything is pending
expectations       what is looked for: events, sessions, files, nothing bad
faults_api         faults that are switched on and off
local_routes, local_openapi, local_front   the API: what it answers, its document, its door
"""
