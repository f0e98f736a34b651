"""Records of the files that a load job reads: NDJSON and CSV, plain or gzip."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.files.stored_files import open_content
from analytics_local_cloud.warehouse.values.column_cells import Cell, CellError, to_cell
from analytics_local_cloud.warehouse.values.json_cells import UnfitJsonError, check_json
from analytics_local_cloud.warehouse.values.json_rows import RowError

Record = Mapping[str, object] | RowError
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
    null_marker: str = ""

    @classmethod
    def from_rest(cls, configuration: Mapping[str, Any]) -> Self:
        """Read the format's options."""
        kind = str(configuration.get("sourceFormat") or "CSV")
        if kind not in {"CSV", "NEWLINE_DELIMITED_JSON"}:
            raise unsupported(f"loads of format {kind}")
        return cls(
            kind,
            int(configuration.get("skipLeadingRows") or 0),
            str(configuration.get("fieldDelimiter") or ","),
            str(configuration.get("nullMarker") or ""),
        )

    def convert(self, kind: str, value: object) -> Cell:
        """Make a cell of a record's value: raw JSON, or a CSV field; raises `CellError`."""
        if not isinstance(value, msgspec.Raw):
            return None if value == self.null_marker and kind != "STRING" else to_cell(kind, value)
        if kind != "JSON":
            return to_cell(kind, _decode(value))
        text = bytes(value).decode()
        try:
            return None if text == "null" else check_json(text)
        except UnfitJsonError as exc:
            raise CellError(str(exc)) from exc

    def records(self, source: Source, names: list[str]) -> Iterator[Record]:
        """Yield each record's fields by name, or what is wrong with it.

        CSV fields get the given names, or those of the first row when there are none.
        """
        with open_content(source.path) as content:
            if self.kind == "CSV":
                with io.TextIOWrapper(content, "utf-8", "replace", newline="") as text:
                    yield from self._csv(source, text, names)
                return
            for number, line in enumerate(content, 1):
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901 - of the file
                if line.strip():
                    yield _record(line, f"{source.name} line {number}")

    def sample(self, record: Mapping[str, object]) -> dict[str, object]:
        """Return a record's decoded values, for schema detection."""
        return {
            name: _decode(value)
            if isinstance(value, msgspec.Raw)
            else (None if value == self.null_marker else value)
            for name, value in record.items()
        }

    def _csv(self, source: Source, text: io.TextIOWrapper, names: list[str]) -> Iterator[Record]:
        reader = csv.reader(text, delimiter=self.delimiter)
        skipped = [next(reader, []) for _ in range(self.skip_rows)]
        header = names or (skipped[-1] if skipped else next(reader, []))
        try:
            for fields in filter(None, reader):
                if len(fields) == len(header):
                    yield dict(zip(header, fields, strict=True))
                else:
                    error = f"CSV row has {len(fields)} columns instead of {len(header)}"
                    place = f"{source.name} line {reader.line_num}"
                    yield RowError([ApiError("invalid", error, place)])
        except csv.Error as exc:
            raise ApiError("invalid", f"Error while reading data, error message: {exc}") from exc


def _decode(value: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(value)
    except msgspec.MsgspecError as exc:
        raise CellError(f"Invalid value: {exc}") from exc


def _record(line: bytes, place: str) -> Record:
    try:
        line.decode()
        return _decode_record(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        text = f"Error while reading data, error message: JSON parsing error in row: {exc}"
        return RowError([ApiError("invalid", text, place)])
