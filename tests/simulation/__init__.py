"""A whole pipeline in one process and one thread, in time that is only counted.

The deployed code and the operators' commands run as they are; Cloud Storage, BigQuery, the delivery
of events, the scheduler, the log, clocks, dice and threads are the simulation's. Everything that
happens follows from a seed.

clockwork   time that jumps to whatever is next, and flows that take turns in it
faults      what fails, how often and for how long
instances   processes with clocks of their own, that can be killed at any call
storage     Cloud Storage, by the requests that the pipeline makes
warehouse   BigQuery: streaming, load jobs, and the statements of the pipeline
people      clients, other writers, operators, and the platform that calls functions
world       all of it together
invariants  what must hold whatever happened
"""
