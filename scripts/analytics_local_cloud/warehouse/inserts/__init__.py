"""`tabledata.insertAll`: rows that stream in, one request at a time.

insert_all        checks a request row by row, and takes what fits
appender          accepts rows through a log, and stores them in DuckDB a batch at a time
row_portions      writes rows to a table, as many at a time as memory is worth
stream_log        the log: what was accepted and is not in DuckDB yet
streaming_buffer  remembers the rows of a moment ago, which no statement may change
"""
