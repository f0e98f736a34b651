"""One value, one row: what fits into a column of BigQuery, and how DuckDB holds it.

column_types  BigQuery's schema messages and the DuckDB types that hold them
field_rules   names and modes that such a message may give
column_cells  one JSON value → one cell, by the column's type
moments       dates and times, as GoogleSQL spells them
json_cells    what a column of the type JSON can hold
nested_cells  what RECORD and REPEATED columns hold: cells within cells
json_rows     a JSON object → a row of cells; inserts and load jobs share it
"""
