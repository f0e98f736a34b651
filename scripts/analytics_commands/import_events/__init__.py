"""Stored events of any category into BigQuery, by hand: which objects, which columns, which way.

window     the days that are wanted; selection turns days that exist into URIs with wildcards
columns    the columns to read, from a text or the schema file
source     both together, as BigQuery takes them
importer   the three ways; bq_commands says how each is done with `bq`
"""
