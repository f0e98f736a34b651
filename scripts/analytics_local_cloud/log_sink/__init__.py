"""A sink of Cloud Logging on one machine: what the functions log about objects becomes rows.

sink       lines → rows of the table, through the warehouse's API
log_files  files of lines, each read on from where it was left
"""

from analytics_local_cloud.log_sink.sink import LogSink

__all__ = ["LogSink"]
