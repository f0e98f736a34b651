"""GoogleSQL → DuckDB: a statement made ready to run.

planning          puts the steps below together for a session
syntax            text ↔ syntax tree, by sqlglot
table_names       names → tables of DuckDB, views in line, external tables
bound_parameters  query parameters → typed literals
rewrites          where the dialects differ in meaning
output_names      names of the columns that a query returns
narrowing         a statement limited to some rows, to see whether it would change them
"""
