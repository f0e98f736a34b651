"""Play the tutorial for real on a throw-away pipeline, and print what happens.

    python -m scripts.demo

Starts the whole pipeline on free ports in a folder that is deleted afterwards. Exits 0 only if
every step held.
"""

import argparse
import base64
import concurrent.futures
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from rich.console import Console
from rich.table import Table

from scripts.local_cloud.pipeline_process import PipelineFailed, running_pipeline

_QUERYABLE_WITHIN_SECONDS = 15.0
_SCALE_BATCHES, _SCALE_CLIENTS = 200, 10
_SESSION = "f58179a375290599dde17f7c6d546d78"


class StepFailed(Exception):
    """A step of the tutorial did not do what it promises."""


@dataclass(frozen=True)
class Answer:
    """What the pipeline answered."""

    status: int
    body: dict[str, Any]


class Tutorial:
    """Each public method is one step; it prints what it does and raises StepFailed."""

    def __init__(self, variables: Mapping[str, str], console: Console) -> None:
        self._variables = variables
        self._console = console
        self._http = requests.Session()
        self._warehouse = bigquery.Client(
            project=variables["GOOGLE_CLOUD_PROJECT"],
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=variables["BIGQUERY_EMULATOR_HOST"]),
        )
