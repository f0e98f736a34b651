"""A load test that proves what it counts: every event it sends can be told from its id alone.

`planting`: what is sent; `gateway`: one request and its answer; `sending`: the load, with retries;
`tally`: what came of it. `stored`: the proof in Cloud Storage; `queryable` and `witness`: the proof
by SQL, which events are lost, doubled or altered; `proof`: when to look. `figures` and `texts`: all
of it in numbers and words; `charts` and `page`: the report as one HTML file.
"""
