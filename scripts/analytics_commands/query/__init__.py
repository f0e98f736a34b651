"""Questions to BigQuery: those that are saved, and how an answer is shown.

saved_queries     which there are: a file of SQL each in saved/; query_parameters what they take
action            asks; answers prints as a table, JSON or CSV (delimited)
chart             what there is to draw; chart_page draws it in HTML, chart_text in a terminal
"""
