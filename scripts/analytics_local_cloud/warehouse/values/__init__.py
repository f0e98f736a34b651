"""One value, one row: what fits into a column of BigQuery, and how DuckDB holds it.

column_types  BigQuery's schema messages and the DuckDB types that hold them
column_cells  one JSON value → one cell, by the column's type
json_cells    what a column of the type JSON can hold
record_cells  what a RECORD column holds: fields with cells of their own
json_rows     a JSON object → a row of cells; inserts and load jobs share it
"""
