"""Functions by area: tables of what each means in DuckDB, by name and types of its arguments.

A key is `name(types)`, with the letters of `types.py`, the part of a date as it is written, and
`*` for any arguments. A value is DuckDB SQL with `{0}`, `{1}`, … for the arguments, or a function
that makes it of the call. Long ones are macros, `gsql_…` in `macros.sql`.

operators    comparisons, logic, conditions
numbers      arithmetic, rounding, NUMERIC
strings      STRING and BYTES, regular expressions
dates        DATE, DATETIME, TIME, TIMESTAMP
format       FORMAT
json         JSON
arrays       ARRAY
aggregate    aggregate and navigation functions
"""

from analytics_local_cloud.warehouse.translation.functions.arrays import ARRAYS
from analytics_local_cloud.warehouse.translation.functions.dates.date_formats import FORMATS
from analytics_local_cloud.warehouse.translation.functions.dates.date_parsing import PARSERS
from analytics_local_cloud.warehouse.translation.functions.dates.made_dates import MOMENTS
from analytics_local_cloud.warehouse.translation.functions.format import FORMAT
from analytics_local_cloud.warehouse.translation.functions.json import JSON
from analytics_local_cloud.warehouse.translation.functions.numbers import NUMBERS
from analytics_local_cloud.warehouse.translation.functions.operators import OPERATORS
from analytics_local_cloud.warehouse.translation.functions.strings import STRINGS

TABLES = (OPERATORS, NUMBERS, STRINGS, MOMENTS, FORMATS, PARSERS, FORMAT, JSON, ARRAYS)
