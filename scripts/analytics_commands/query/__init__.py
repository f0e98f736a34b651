"""Questions to BigQuery: those that are saved, and how an answer is shown.

saved_queries     which there are: a file of SQL each in saved/; query_parameters what they take
action            asks; answers prints as a table, JSON or CSV (delimited)
charts/           draws it: as a page, or in a terminal
"""
