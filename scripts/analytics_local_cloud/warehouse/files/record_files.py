"""Records of the files that a load job reads: NDJSON and CSV, plain or gzip."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.files.stored_files import json_lines, open_content
from analytics_local_cloud.warehouse.values.column_cells import Cell, CellError, to_cell
from analytics_local_cloud.warehouse.values.json_cells import UnfitJsonError, check_json
from analytics_local_cloud.warehouse.values.json_rows import RowError

Record = Mapping[str, object] | RowError
_DELIMITERS = {"\\t": "\t", "tab": "\t"}
_WORDS = {
    "t": True,
    "yes": True,
    "y": True,
    "1": True,
    "f": False,
    "no": False,
    "n": False,
    "0": False,
}
_SLASHES = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_decode_record = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True)
class Source:
    """One file; `name` is what messages call it."""

    name: str
    path: Path


@dataclass(frozen=True)
class FileFormat:
    """How to read files, from a `JobConfigurationLoad`; raises `ApiError` (notImplemented)."""

    kind: str
    skip_rows: int = 0
    delimiter: str = ","
    quote: str = '"'
    null_marker: str = ""
    quoted_newlines: bool = False
    jagged_rows: bool = False
    longer_rows: bool = False

    @classmethod
    def from_rest(cls, configuration: Mapping[str, Any]) -> Self:
        """Read the format's options."""
        kind = str(configuration.get("sourceFormat") or "CSV")
        if kind not in {"CSV", "NEWLINE_DELIMITED_JSON", "PARQUET"}:
            raise unsupported(f"loads of format {kind}")
        delimiter = str(configuration.get("fieldDelimiter") or ",")
        return cls(
            kind,
            int(configuration.get("skipLeadingRows") or 0),
            _DELIMITERS.get(delimiter, delimiter),
            str(configuration.get("quote", '"')),
            str(configuration.get("nullMarker") or ""),
            bool(configuration.get("allowQuotedNewlines")),
            bool(configuration.get("allowJaggedRows")),
            bool(configuration.get("ignoreUnknownValues")),
        )

    def convert(self, kind: str, value: object) -> Cell:
        """Make a cell of a record's value: raw JSON, or a CSV field; raises `CellError`."""
        if isinstance(value, msgspec.Raw):
            return self._convert_json(kind, bytes(value).decode())
        if value == self.null_marker and (kind not in {"STRING", "BYTES"} or self.null_marker):
            return None
        if kind == "BOOLEAN":
            value = _WORDS.get(str(value).lower(), value)
        return to_cell(kind, _spelled(kind, value))

    def _convert_json(self, kind: str, text: str) -> Cell:
        if kind == "NUMERIC" and text[0] in "-0123456789":
            return to_cell(kind, text)  # with all its digits
        if kind != "JSON":
            return to_cell(kind, _spelled(kind, _decode(text)))
        try:
            return None if text == "null" else check_json(text)
        except UnfitJsonError as exc:
            raise CellError(str(exc)) from exc

    def records(self, source: Source, names: list[str]) -> Iterator[Record]:
        """Yield each record's fields by name, or what is wrong with it.

        CSV fields get the given names, or those of the first row when there are none.
        """
        if self.kind != "CSV":
            for number, line in json_lines(source.path):
                yield _record(line, f"{source.name} line {number}")
            return
        with (
            open_content(source.path) as content,
            io.TextIOWrapper(content, "utf-8", "replace", newline="") as text,
        ):
            yield from self._csv(source, text, names)

    def sample(self, record: Mapping[str, object]) -> dict[str, object]:
        """Return a record's decoded values, for schema detection."""
        return {
            name: _decode(bytes(value).decode())
            if isinstance(value, msgspec.Raw)
            else (None if value == self.null_marker else value)
            for name, value in record.items()
        }

    def _csv(self, source: Source, text: io.TextIOWrapper, names: list[str]) -> Iterator[Record]:
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        quote = self.quote or None
        reader = csv.reader(text, delimiter=self.delimiter, quotechar=quote, quoting=quoting)
        skipped = [next(reader, []) for _ in range(self.skip_rows)]
        header = names or (skipped[-1] if skipped else next(reader, []))
        line = reader.line_num
        try:
            for fields in reader:
                lines, line = reader.line_num - line, reader.line_num
                if not fields:
                    continue
                if problem := self._problem(fields, len(header), lines):
                    place = f"{source.name} line {reader.line_num}"
                    yield RowError([ApiError("invalid", problem, place)])
                else:
                    yield dict(zip(header, fields, strict=False))
        except csv.Error as exc:
            raise ApiError("invalid", f"Error while reading data, error message: {exc}") from exc

    def _problem(self, fields: list[str], columns: int, lines: int) -> str | None:
        shorter, longer = len(fields) < columns, len(fields) > columns
        if (shorter and not self.jagged_rows) or (longer and not self.longer_rows):
            return f"CSV row has {len(fields)} columns instead of {columns}"
        if lines > 1 and not self.quoted_newlines:
            return "Missing close quote character: quoted newlines need allowQuotedNewlines"
        return None


def _spelled(kind: str, value: object) -> object:
    """Return a value as insertAll takes it: a load job reads the days of 2026/11/27, too."""
    if kind == "TIMESTAMP" and isinstance(value, str):
        return _SLASHES.sub(r"\1-\2-\3", value)
    return value


def _decode(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise CellError(f"Invalid value: {exc}") from exc


def _record(line: bytes, place: str) -> Record:
    try:
        line.decode()
        return _decode_record(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        text = f"Error while reading data, error message: JSON parsing error in row: {exc}"
        return RowError([ApiError("invalid", text, place)])
