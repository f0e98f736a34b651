"""The pipeline that a command works on: in the cloud, or on this machine. The same code for both.

Which one is said by options, or by the variables of the same names; `.local/env` has those of the
local pipeline. In the cloud the credentials are the application default ones.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import google.auth
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud import bigquery, storage
from google.oauth2 import service_account

from analytics_pipeline.clock import now
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.object_reader import BucketReader
from analytics_pipeline.load.streaming import StreamingInserts
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.load.wiring import object_reader, streaming_inserts
from analytics_pipeline.reconcile.inventory import Inventory
from analytics_pipeline.reconcile.ledger import Ledger
from analytics_pipeline.settings import FromEnvironment, LoadSettings, setting

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


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
    def from_env(cls, *, key_file: Path | None = None, **given: str | None) -> Self:
        """Return the pipeline that variables name, and what is `given` and not None before them.

        Names are those of TargetSettings' fields. Raises ConfigurationError.
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        return cls(TargetSettings.from_env(given=chosen), key_file)

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


def read_target(arguments: argparse.Namespace) -> Target:
    """Return the pipeline that options and variables name; raises ConfigurationError."""
    return Target.from_env(
        google_cloud_project=arguments.project_id,
        bucket_name=arguments.bucket_name,
        bigquery_dataset=arguments.dataset,
    )


def read_gateway(arguments: argparse.Namespace) -> GatewaySettings:
    """Return where to send, by options and variables; raises ConfigurationError."""
    given = {"analytics_url": arguments.host, "api_key": arguments.api_key}
    return GatewaySettings.from_env(given={name: text for name, text in given.items() if text})
