"""GoogleSQL's resolved tree → DuckDB SQL that answers the same, or a refusal by name.

nodes        what every node has in common; a field that no handler reads is refused
types        types and identifiers
literals     values
scans        SELECT, FROM, WHERE, ORDER BY, LIMIT, set operations, WITH
aggregates   GROUP BY and aggregate functions
windows      functions over windows
expressions  columns, structs, subqueries, calls
calls        how a call finds its meaning in the tables of functions/
casts        CAST
changes      INSERT, UPDATE, DELETE, MERGE, TRUNCATE
queries      the way in: queries
macros.sql   what is too long for a table
"""
