"""DATE, DATETIME, TIME and TIMESTAMP.

A TIMESTAMP is looked at as the DATETIME of a zone, UTC unless another is given; zones are
literals, for DuckDB and GoogleSQL do not spell all of them alike.

zones         what clocks show
date_parts    EXTRACT, …_TRUNC, …_DIFF
sums          …_ADD, …_SUB, + and -
made_dates    what makes one of others
date_formats  FORMAT_…
date_parsing  PARSE_…
"""
