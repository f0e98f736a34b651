"""The local pipeline in a browser: what is sent, and what becomes of it.

Served in front of the local gateway, and never part of what is deployed. Each view is a function
that returns what there is to know; a page and its JSON twin are made of the same.
"""
