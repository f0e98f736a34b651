"""What GoogleSQL documents, cell by cell, and how the local warehouse answers it.

answer_cells  the files of cells, and an answer of the REST API as they write it
asking        asks a warehouse for cells, many at a time, and judges its answers
warehouses    local warehouses to ask: one as it is, and one that leaves everything to DuckDB
"""
