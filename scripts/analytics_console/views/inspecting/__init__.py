"""What Live shows of events: lines of a list, and all that is known of one.

visible_text     what was sent, so that every character of it is seen
trace_lines      a trace as a line of the list
trace_filter     which lines are wanted; live_filter.js does the same in the browser
trace_stream     lines as they change
extra_fields     why a value is in `extra` and in no column
loaded_rows      the row that nobody was heard to write
stored_line      the event as the bucket has it
trace_details    all of it
"""
