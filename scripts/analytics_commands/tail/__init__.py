"""What `tail` does: the functions' log lines say what arrived, Cloud Storage holds what it was.

`following` reads log lines again and again, each once; `arrivals` says what a line tells;
`contents` reads the batches of some lines at a time; `lines` puts arrivals and events into columns;
`feed` is all of it as one stream; `screen` prints that.
"""
