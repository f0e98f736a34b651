"""GoogleSQL's refusals in the form of the REST API."""

import re

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.googlesql.language import is_unserved
from analytics_local_cloud.warehouse.googlesql.service import GoogleSqlError
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText

_INVALID_ARGUMENT, _NOT_FOUND, _OUT_OF_RANGE, _UNIMPLEMENTED = 3, 5, 11, 12
_MISSING = re.compile(r"(?:Table-valued f|F)unction not found: ([\w.`]+)")
_STATEMENT = re.compile(r"Statement not supported: (\w+)")
_PSEUDO = re.compile(r"Unrecognized name: (@@\w+|_PARTITIONTIME|_PARTITIONDATE|_TABLE_SUFFIX)")
_OTHER_WORDS = {  # of the reference implementation, where BigQuery says it differently
    "More than one element": "Scalar subquery produced more than one element",
}
_LIMITS = ("Cannot generate arrays with more than",)  # of the reference implementation alone


def refusal(error: GoogleSqlError, text: StatementText) -> ApiError:
    """Return what the API answers: the user's error in BigQuery's words, or an honest 501."""
    if found := _MISSING.match(error.message):
        name = found[1].replace("`", "")
        if is_unserved(name):
            return unsupported(name.upper())
    if found := _PSEUDO.match(error.message):
        return unsupported(found[1])
    if found := _STATEMENT.match(error.message):
        return unsupported(f"statements of the kind {found[1]}")
    if is_own_limit(error):
        return unsupported(f"this query: {error.message}")
    words = _OTHER_WORDS.get(error.message, error.message)
    return ApiError("invalidQuery", text.message(words), "query")


def is_own_limit(error: GoogleSqlError) -> bool:
    """Tell whether GoogleSQL's code gave up where BigQuery does not."""
    known = {_INVALID_ARGUMENT, _NOT_FOUND, _OUT_OF_RANGE}
    return error.code not in known or error.message.startswith(_LIMITS)
