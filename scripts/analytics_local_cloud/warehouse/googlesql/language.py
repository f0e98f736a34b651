"""BigQuery's dialect of GoogleSQL: which features and functions of the module it has.

The module is of a newer GoogleSQL than BigQuery and has what only Spanner, or Google itself, uses.
Sources: "GoogleSQL reference" of BigQuery; names and features as the module lists them.
"""

import tomllib
from functools import cached_property
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.proto import function_pb2 as builtin_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import builtin_function_pb2 as function_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public_pb2

from analytics_local_cloud.warehouse.googlesql.service import GoogleSql

_DIALECT = tomllib.loads((Path(__file__).parent / "language.toml").read_text("utf-8"))
WORDS = {name: frozenset(text.split()) for name, text in _DIALECT.items()}
_ALSO_IN_BIGQUERY = (
    "FEATURE_ALIASES_FOR_STRING_AND_DATE_FUNCTIONS",
    "FEATURE_ALTER_COLUMN_SET_DATA_TYPE",
    "FEATURE_CREATE_TABLE_CLONE",
)


class Language:
    """The options that make the module speak BigQuery's dialect."""

    def __init__(self, service: GoogleSql) -> None:
        self._service = service

    @cached_property
    def options(self) -> options_pb2.LanguageOptionsProto:
        """Features, statements and keywords."""
        request = service_pb2.LanguageOptionsRequest(maximum_features=True)
        options = self._service.call(
            "GetLanguageOptions", request, options_pb2.LanguageOptionsProto
        )
        known = public_pb2.LanguageFeature
        features = {known.Name(number) for number in options.enabled_language_features}
        features -= {f"FEATURE_{name}" for name in WORDS["features_not_in_bigquery"]}
        options.ClearField("enabled_language_features")
        options.ClearField("supported_statement_kinds")
        options.MergeFrom(
            options_pb2.LanguageOptionsProto(
                enabled_language_features=[*features, *_ALSO_IN_BIGQUERY],
                supported_statement_kinds=[f"RESOLVED_{name}_STMT" for name in WORDS["statements"]],
            )
        )
        options.product_mode = public_pb2.PRODUCT_EXTERNAL
        return options

    @cached_property
    def functions(self) -> options_pb2.ZetaSQLBuiltinFunctionOptionsProto:
        """The functions that a catalog offers."""
        unwanted = [
            function_pb2.FunctionSignatureId.Name(signature.context_id)
            for name, function in self._builtin.items()
            if _is_left_out(name)
            for signature in function.signature
        ]
        return options_pb2.ZetaSQLBuiltinFunctionOptionsProto(
            language_options=self.options, exclude_function_ids=unwanted
        )

    @property
    def function_names(self) -> list[str]:
        """The names of those functions; `$add` and its like stand for operators."""
        features = set(self.options.enabled_language_features)
        return sorted(
            name
            for name, function in self._builtin.items()
            if not _is_left_out(name)
            and features.issuperset(function.options.required_language_feature)
            and any(
                features.issuperset(signature.options.required_language_feature)
                for signature in function.signature
            )
        )

    @cached_property
    def _builtin(self) -> dict[str, builtin_pb2.FunctionProto]:
        request = options_pb2.ZetaSQLBuiltinFunctionOptionsProto(language_options=self.options)
        answer = self._service.call(
            "GetBuiltinFunctions", request, service_pb2.GetBuiltinFunctionsResponse
        )
        return {".".join(function.name_path): function for function in answer.function}

    def analyzer(self) -> options_pb2.AnalyzerOptionsProto:
        """Return fresh options of the analyzer; the caller adds parameters."""
        return options_pb2.AnalyzerOptionsProto(
            language_options=self.options,
            default_timezone="UTC",
            error_message_mode=public_pb2.ERROR_MESSAGE_ONE_LINE,
            parse_location_record_type=public_pb2.PARSE_LOCATION_RECORD_CODE_SEARCH,
            prune_unused_columns=True,
            enabled_rewrites=[f"REWRITE_{name}" for name in WORDS["rewrites"]],
            statement_context=public_pb2.CONTEXT_DEFAULT,
        )


def _is_left_out(function: str) -> bool:
    return function in WORDS["functions_not_in_bigquery"] or is_unserved(function)


def is_unserved(function: str) -> bool:
    """Tell whether BigQuery has the function, and the local warehouse has not."""
    name, unserved = function.casefold(), WORDS["functions_not_served"]
    return name in unserved or name.partition(".")[0] in unserved or name.startswith("st_")
