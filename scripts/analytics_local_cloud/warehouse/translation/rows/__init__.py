"""Scans: what stands in FROM, and what is made of it row by row or group by group.

scans       tables, SELECT, WHERE, ORDER BY, LIMIT, set operations, WITH
joins       joins, UNNEST
aggregates  GROUP BY and aggregate functions
windows     functions over windows
"""
