"""What exists: the DuckDB file, and the datasets and tables in it.

engine              the DuckDB file: one writer at a time, a session of its own for everyone else
catalog             datasets and tables, as REST resources
references          their names: in REST bodies, in messages and in DuckDB
rest_resources      what the resources have in common: times, etags, patches
definition_text     tables as GoogleSQL says them
information_schema  what the catalog knows, as rows
"""
