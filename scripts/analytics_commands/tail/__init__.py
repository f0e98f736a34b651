"""What `tail` does: the functions' log lines say what arrived, Cloud Storage holds what it was.

`following` reads log lines again and again, each once; `arrivals` says what a line tells;
`arrived_contents` reads the batches of some lines at a time; `lines` says what of arrivals and
events is shown; `feed` is all of it as one stream; `screen` prints that, on a terminal as
`narrow_lines` makes it fit.
"""
