"""GoogleSQL's resolved tree → DuckDB SQL that answers the same, or a refusal by name.

nodes           what every node has in common; a field that no handler reads is refused
sql_types       types and identifiers
literals        values
rows/           scans
expressions     columns, structs, subqueries, calls
function_calls  how a call finds its meaning in the tables
functions/      tables of functions, and macros of DuckDB
casts           CAST
queries         the way in: queries
changes         the way in: INSERT, UPDATE, DELETE, TRUNCATE; `merges` MERGE, `assignments` both
"""
