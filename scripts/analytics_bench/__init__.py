"""What the functions cost to run, measured: `make bench`. For developers; not installed.

native/ is what has to be fast or has to be C, compiled when it is needed; traffic/ is what is sent,
and the proof that it was stored; services/ starts what is measured and what it speaks to;
subjects/ is what the functions are compared with; instructions/ counts with callgrind, which no
other work on the machine disturbs; wall_clock/ lets variants take turns; simulation/ lets nights of
`reconcile` go by; report/ holds figures, targets and tables.
"""
