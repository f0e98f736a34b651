"""GoogleSQL → DuckDB: parsing, names, parameters, and the differences between the dialects."""
