"""Whether each event is stored and queryable exactly once, unaltered.

`stored`: the proof in Cloud Storage; `queryable` and `witness`: the proof by SQL, which events are
lost, doubled or altered; `prover`: when to look.
"""
