"""The pipeline that a command works on: in the cloud, or on this machine. The same code for both.

Which one is said by options, or by the variables of the same names; where nothing says it, it is
the local pipeline of this folder. In the cloud the credentials are the application default ones.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

import google.auth
import urllib3
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud import bigquery, storage
from google.oauth2 import service_account

from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.foundation.accounts.ledger import Ledger
from analytics_commands.foundation.pipeline.local_pipeline import (
    adopt_local_pipeline,
    check_listening,
)
from analytics_pipeline.clock import now
from analytics_pipeline.errors import ConfigurationError
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.object_reader import BucketReader
from analytics_pipeline.load.streaming import StreamingInserts
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.load.wiring import object_reader, streaming_inserts
from analytics_pipeline.settings import STORAGE_ENDPOINT, FromEnvironment, LoadSettings, setting

_BIGQUERY_ENDPOINT = "https://bigquery.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_Settings = TypeVar("_Settings", bound=FromEnvironment)


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(FromEnvironment):
    """Where events and files are sent, and the key."""

    analytics_url: str = setting(str, "the gateway's URL; option --host")
    api_key: str = setting(str, "the API key; option --api-key")

    def url(self, path: str) -> str:
        """Return the URL of a route such as `/v1/event`, without the key."""
        return self.analytics_url.rstrip("/") + path


@dataclass(frozen=True, kw_only=True)
class TargetSettings(LoadSettings):
    """Where the data is."""

    bucket_name: str = setting(str, "the bucket; option --bucket-name")
    google_cloud_project: str = setting(str, "the Google Cloud project; option --project-id")
    function_logs: str = setting(str, "local only: the folder of the functions' logs", "")


@dataclass(frozen=True)
class Target:
    """Clients of one pipeline, built when they are first used.

    `key_file` is a service account's, for where there are no application default credentials.
    """

    settings: TargetSettings
    key_file: Path | None = None

    @classmethod
    def from_env(cls) -> Self:
        """Return the pipeline that variables name; raises ConfigurationError."""
        return cls(TargetSettings.from_env())

    @cached_property
    def credentials(self) -> Credentials:
        """Of the person or machine that runs the command; raises GoogleAuthError."""
        if self.settings.storage_emulator_host or self.settings.bigquery_emulator_host:
            return AnonymousCredentials()
        credentials: Credentials
        if self.key_file is not None:
            credentials = service_account.Credentials.from_service_account_file(
                str(self.key_file), scopes=[_SCOPE]
            )
        else:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        return credentials

    @cached_property
    def bucket(self) -> storage.Bucket:
        """The bucket of events and files; creating the object calls nothing."""
        endpoint = self.settings.storage_emulator_host
        client = storage.Client(
            project=self.settings.google_cloud_project,
            credentials=self.credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        bucket: storage.Bucket = client.bucket(self.settings.bucket_name)
        return bucket

    @cached_property
    def bigquery(self) -> bigquery.Client:
        """The client of BigQuery, for what `warehouse` does not do."""
        endpoint = self.settings.bigquery_emulator_host
        return bigquery.Client(
            project=self.settings.google_cloud_project,
            credentials=self.credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )

    @cached_property
    def http(self) -> urllib3.PoolManager:
        """What asks for millions of things, for which the clients take too long."""
        settings = self.settings
        is_local = bool(settings.storage_emulator_host or settings.bigquery_emulator_host)
        return new_http(self.credentials, anonymous=is_local)

    @property
    def storage_endpoint(self) -> str:
        """The URL of Cloud Storage, for `http`."""
        return self.settings.storage_emulator_host or STORAGE_ENDPOINT

    @property
    def bigquery_endpoint(self) -> str:
        """The URL of BigQuery, for `http`."""
        return self.settings.bigquery_emulator_host or _BIGQUERY_ENDPOINT

    @property
    def dataset(self) -> str:
        """The dataset, as `project.dataset`."""
        return f"{self.settings.google_cloud_project}.{self.settings.bigquery_dataset}"

    @cached_property
    def warehouse(self) -> Warehouse:
        """The dataset's tables and views."""
        return Warehouse(self.bigquery, self.settings.bigquery_dataset)

    @cached_property
    def inventory(self) -> Inventory:
        """The bucket's objects, by listing."""
        return Inventory(self.bucket)

    @cached_property
    def store(self) -> BucketReader:
        """The bucket's objects, to be read as the functions read them."""
        return object_reader(self.settings, self.credentials)

    @cached_property
    def sink(self) -> StreamingInserts:
        """Inserts rows and dead letters, as the functions do."""
        return streaming_inserts(self.settings, self.credentials)

    @cached_property
    def load_jobs(self) -> LoadJobs:
        """Loads rows in bulk."""
        return LoadJobs(self.bigquery, self.settings.bigquery_dataset, now)

    @cached_property
    def ledger(self) -> Ledger:
        """What BigQuery holds of each object."""
        return Ledger(self.warehouse)


_OF_TARGET = {
    "google_cloud_project": "project_id",
    "bucket_name": "bucket_name",
    "bigquery_dataset": "dataset",
}
_OF_GATEWAY = {"analytics_url": "host", "api_key": "api_key"}
# An option that says which pipeline; a dataset or a key says what of it.
_NAMES_PIPELINE = {"--project-id": "project_id", "--bucket-name": "bucket_name", "--host": "host"}


def read_target(arguments: argparse.Namespace) -> Target:
    """Return the pipeline that options and variables name, or else the local one of this folder.

    Raises ConfigurationError; CommandFailed for a local pipeline that does not run.
    """
    settings = _read(TargetSettings, arguments, _OF_TARGET)
    check_listening(settings.storage_emulator_host, settings.bigquery_emulator_host)
    return Target(settings)


def read_gateway(arguments: argparse.Namespace) -> GatewaySettings:
    """Return where to send, found as the pipeline of `read_target` is; raises the same.

    What `--host` names is tried as often as the command tries, and may begin to listen meanwhile.
    """
    settings = _read(GatewaySettings, arguments, _OF_GATEWAY)
    if not arguments.host:
        check_listening(settings.analytics_url)
    return settings


def _read(
    kind: type[_Settings], arguments: argparse.Namespace, fields: Mapping[str, str]
) -> _Settings:
    """Return settings; all options count, also those for other settings of the same command."""
    options = vars(arguments)
    naming = [shown for shown, name in _NAMES_PIPELINE.items() if options.get(name)]
    unused = adopt_local_pipeline(naming)
    given = {field: options[name] for field, name in fields.items() if options.get(name)}
    try:
        return kind.from_env(given=given)
    except ConfigurationError as exc:
        raise ConfigurationError("; ".join(filter(None, (str(exc), unused)))) from exc
