"""Tables as GoogleSQL says them: types, options, and the statement that would create them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analytics_local_cloud.warehouse.catalog.references import TableReference

Message = Mapping[str, Any]
_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
_TRUNCATED = {"DATE": "DATE_TRUNC", "DATETIME": "DATETIME_TRUNC", "TIMESTAMP": "TIMESTAMP_TRUNC"}
_DAY_MS = 86_400_000


def type_text(field: Message) -> str:
    """Return the type of a `TableFieldSchema`: `ARRAY<STRUCT<a INT64>>`."""
    kind = str(field["type"]).upper()
    if kind in {"RECORD", "STRUCT"}:
        members = ", ".join(f"{part['name']} {type_text(part)}" for part in field["fields"])
        kind = f"STRUCT<{members}>"
    kind = _NAMES.get(kind, kind)
    return f"ARRAY<{kind}>" if field.get("mode") == "REPEATED" else kind


def options_of(resource: Message) -> list[tuple[str, str, str]]:
    """Return name, type and value of each option that a `Table` has, in GoogleSQL."""
    expiration = resource.get("expirationTime")
    days = resource.get("timePartitioning", {}).get("expirationMs")
    labels = resource.get("labels") or {}
    pairs = ", ".join(f"STRUCT({_quote(k)}, {_quote(v)})" for k, v in labels.items())
    options = [
        ("expiration_timestamp", "TIMESTAMP", expiration and f'TIMESTAMP "{_moment(expiration)}"'),
        ("partition_expiration_days", "FLOAT64", days and repr(int(days) / _DAY_MS)),
        ("require_partition_filter", "BOOL", resource.get("requirePartitionFilter") and "true"),
        ("friendly_name", "STRING", _quote(resource.get("friendlyName"))),
        ("description", "STRING", _quote(resource.get("description"))),
        ("labels", "ARRAY<STRUCT<STRING, STRING>>", labels and f"[{pairs}]"),
    ]
    return [(name, kind, value) for name, kind, value in options if value]


def ddl_text(reference: TableReference, resource: Message) -> str:
    """Return the statement that creates a `Table`, as BigQuery writes it."""
    kind = {"TABLE": "TABLE", "VIEW": "VIEW"}.get(resource["type"], "EXTERNAL TABLE")
    lines = [f"CREATE {kind} `{reference.path}`"]
    fields = resource.get("schema", {}).get("fields", ())
    if kind != "VIEW":
        columns = ",\n".join(f"  {_column(field)}" for field in fields)
        lines += [f"(\n{columns}\n)"] if fields else []
    lines += _layout(resource, fields)
    options = [f"  {name}={value}" for name, _, value in options_of(resource)]
    if kind == "EXTERNAL TABLE":
        files = resource["externalDataConfiguration"]
        options += [f"  format={_quote(files.get('sourceFormat', 'CSV'))}"]
        options += [f"  uris={json.dumps(list(files.get('sourceUris', ())))}"]
    lines += ["OPTIONS(\n" + ",\n".join(options) + "\n)"] if options else []
    lines += [f"AS {resource['view']['query']}"] if kind == "VIEW" else []
    return "\n".join(lines) + ";"


def _column(field: Message) -> str:
    required = " NOT NULL" if field.get("mode") == "REQUIRED" else ""
    described = field.get("description")
    options = f" OPTIONS(description={_quote(described)})" if described else ""
    return f"{field['name']} {type_text(field)}{required}{options}"


def _layout(resource: Message, fields: Sequence[Message]) -> list[str]:
    partitioning, clustering = resource.get("timePartitioning"), resource.get("clustering")
    lines = []
    if partitioning:
        column, unit = partitioning.get("field") or "_PARTITIONTIME", partitioning.get("type")
        kinds = {field["name"]: str(field["type"]).upper() for field in fields}
        kind = kinds.get(column, "TIMESTAMP")
        whole = f"DATE({column})" if kind != "DATE" else column
        cut = f"{_TRUNCATED.get(kind, 'DATE_TRUNC')}({column}, {unit})"
        lines += [f"PARTITION BY {whole if unit == 'DAY' else cut}"]
    if clustering:
        lines += [f"CLUSTER BY {', '.join(clustering['fields'])}"]
    return lines


def _quote(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""


def _moment(milliseconds: str) -> str:
    moment = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
