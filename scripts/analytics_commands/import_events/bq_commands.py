"""Pure: how each way is done with the `bq` command, as one line for a shell."""

import shlex
from dataclasses import dataclass

from analytics_commands.import_events.import_source import (
    FORMAT,
    HIVE_MODE,
    TEMPORARY_TABLE,
    Source,
)
from analytics_commands.import_events.imported_columns import format_columns

_MAX_ARGUMENT = 131_071  # bytes: MAX_ARG_STRLEN of Linux


@dataclass(frozen=True)
class Bq:
    """The command, for one dataset and where that is."""

    project: str
    dataset: str
    location: str

    def query(self, source: Source, sql: str) -> str:
        """Return the command that queries the source as a temporary external table."""
        file = _definition_file(TEMPORARY_TABLE)
        definition = f"--external_table_definition={TEMPORARY_TABLE}::{file}"
        run = self._bq("query", "--use_legacy_sql=false", definition, sql)
        return _joined(f"{_make_definition(source)} > {file}", run)

    def external(self, source: Source, table: str, *, replace: bool) -> str:
        """Return the command that makes a permanent external table."""
        file, name = _definition_file(table), f"{self.dataset}.{table}"
        remove = [self._bq("rm", "--force", "--table", name)] if replace else []
        make = self._bq("mk", "--table", f"--external_table_definition={file}", name)
        return _joined(f"{_make_definition(source)} > {shlex.quote(file)}", *remove, make)

    def native(self, source: Source, table: str) -> str:
        """Return the command that loads the source into a native table."""
        name = f"{self.dataset}.{table}"
        return self._bq("load", *_options(source), name, *_files_and_columns(source))

    def _bq(self, *words: str) -> str:
        where = (f"--location={self.location}", f"--project_id={self.project}")
        return shlex.join(["bq", *where, *words])


def fits_a_shell(command: str) -> bool:
    """Return whether a shell can run it: no word of it may be too long."""
    return all(len(word.encode()) <= _MAX_ARGUMENT for word in shlex.split(command))


def _make_definition(source: Source) -> str:
    """Return the command that prints the definition of an external table."""
    return shlex.join(
        ["bq", "mkdef", "--noautodetect", *_options(source), *_files_and_columns(source)]
    )


def _options(source: Source) -> list[str]:
    options = [f"--source_format={FORMAT}", "--ignore_unknown_values"]
    if source.hive_prefix is not None:
        options += [
            f"--hive_partitioning_mode={HIVE_MODE}",
            f"--hive_partitioning_source_uri_prefix={source.hive_prefix}",
        ]
    return options


def _files_and_columns(source: Source) -> tuple[str, str]:
    return ",".join(source.uris), format_columns(source.columns)


def _definition_file(table: str) -> str:
    return f"{table}.definition.json"


def _joined(*commands: str) -> str:
    return " && ".join(commands)
