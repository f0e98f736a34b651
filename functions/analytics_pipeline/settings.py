"""The settings of each function: read once from the environment, typed and frozen.

This module is the only reader of the environment. A field `bucket_name` is the variable
`BUCKET_NAME`; an empty variable counts as absent.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self

from analytics_pipeline.errors import ConfigurationError

STORAGE_ENDPOINT = "https://storage.googleapis.com"


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError
    return value


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]


def setting(parse: Callable[[str], Any], doc: str, default: object = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Return the field of a setting: how its text is read, and what it means."""
    return field(default=default, metadata={"parse": parse, "doc": doc})


def is_set(variable: str) -> bool:
    """Tell whether the process has the variable, and not empty."""
    return bool(os.environ.get(variable))


def is_served(function: str) -> bool:
    """Tell whether this process is an instance of that function, as the platform has it."""
    return os.environ.get("FUNCTION_TARGET") == function


def adopt(variables: Mapping[str, str]) -> None:
    """Make them the process's own, as if a shell had read them: client libraries see them, too."""
    os.environ.update(variables)


@dataclass(frozen=True, kw_only=True)
class FromEnvironment:
    """What is read from variables named as the fields, in upper case."""

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None
    ) -> Self:
        """Read the settings from `environ` (default: the process environment).

        What is `given` under the name of a field counts instead of its variable. Raises
        ConfigurationError naming every variable that is missing or cannot be read.
        """
        source = dict(os.environ if environ is None else environ)
        source |= {name.upper(): text for name, text in (given or {}).items()}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for setting in fields(cls):
            variable, doc = setting.name.upper(), setting.metadata["doc"]
            text = source.get(variable, "")
            if not text:
                if setting.default is MISSING:
                    problems.append(f"{variable} is not set ({doc})")
                continue
            try:
                values[setting.name] = setting.metadata["parse"](text)
            except (ValueError, KeyError):
                problems.append(f"{variable}={text!r} cannot be read ({doc})")
        if problems:
            raise ConfigurationError("; ".join(problems))
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Settings(FromEnvironment):
    """What all functions need."""

    bucket_name: str = setting(str, "the bucket that holds events and files")
    google_cloud_project: str = setting(str, "the Google Cloud project")
    storage_emulator_host: str = setting(str, "local only: the URL of Cloud Storage", "")


@dataclass(frozen=True, kw_only=True)
class IngestSettings(Settings):
    """What `ingest` needs; sizes in bytes."""

    signing_service_account: str = setting(str, "signs URLs; empty: the runtime's own", "")
    cors_origins: frozenset[str] = setting(_names, "`*` or exact origins", frozenset({"*"}))
    allowed_environments: frozenset[str] = setting(_names, "empty: any", frozenset())
    allowed_categories: frozenset[str] = setting(_names, "empty: any", frozenset())
    max_body_bytes: int = setting(
        _positive, "a body, as received and decoded; twice that as stored", 10_000_000
    )
    max_json_values: int = setting(_positive, "JSON values in a body", 1_000_000)
    max_events_per_batch: int = setting(_positive, "events in a body", 10_000)
    max_inflight_bytes: int = setting(_positive, "memory for bodies in work", 256_000_000)
    require_upload_size: bool = setting(_boolean, "file requests must state `size`", default=False)
    max_upload_bytes: int = setting(
        _positive, "the largest file, `size` stated or not", 5_000_000_000
    )
    upload_endpoint: str = setting(str, "local only: the URL of Cloud Storage for clients", "")
    iam_endpoint: str = setting(
        str, "the URL of the IAM credentials API", "https://iamcredentials.googleapis.com"
    )


@dataclass(frozen=True, kw_only=True)
class LoadSettings(Settings):
    """What `load` and `reconcile` need."""

    bigquery_dataset: str = setting(str, "the dataset of the tables", "events")
    bigquery_emulator_host: str = setting(str, "local only: the URL of BigQuery", "")
