"""A load test that proves what it counts: every event it sends can be told from its id alone.

`scale_options`: what is asked for; `action`: the order of things; `leftovers`: what a run that
ended early leaves. In `load/` what is sent, in `proof/` whether it arrived, in `report/` both in
numbers, words and pictures.
"""
