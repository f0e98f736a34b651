"""Stored events of any category into BigQuery, by hand: which objects, which columns, which way.

action             the three ways; default_sql is what `query` asks unless told otherwise
window             the days that are wanted; selection turns days that exist into URIs
imported_columns   the columns to read, from a text or the schema file
import_source      both together; source_configs as BigQuery takes them
importer           has BigQuery do it; bq_commands says how each way is done with `bq`
"""
