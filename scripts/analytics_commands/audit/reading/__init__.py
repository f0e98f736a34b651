"""How the audit reads millions of objects: pages side by side, each compared when it is there.

account_queries   the SQL: what was accepted and what is loaded, a row a version of an object
receipt_lag       waits for the newest of what was accepted
result_pages      rows of a query, read ahead
bucket_pages      names of the bucket, from one name to another
rest_pages        one page, as both of them ask for it
name_portions     which names belong to a page of rows
"""
