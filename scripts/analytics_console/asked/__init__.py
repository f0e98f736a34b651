"""What visitors ask for: questions to the local BigQuery, faults, events to send.

question_forms   a link's parameters → SQL with its parameters
read_only        runs what only reads
answered         rows as cells, as records, as pictures
posted_forms     the fields of a form
fault_switches   faults that are ready to be switched on
event_to_send    an event that a form describes; client_snippets how programs send it
file_to_send     a file through a signed URL
"""
