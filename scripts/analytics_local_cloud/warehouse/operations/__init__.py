"""What a caller can have done to the warehouse, apart from streaming.

table_changes    tables created, changed and deleted; dataset_changes: datasets
table_layouts    how they may be partitioned and clustered
loads            load jobs; load_targets: the tables that they fill
query_jobs       query jobs: SELECT into a result file, dry runs
statements       the statements among them that change tables: DML and DDL
"""
