"""main: what is built when a process starts, and what is not."""

import pytest
from functions_framework import create_app

from analytics_pipeline.errors import ConfigurationError
from analytics_pipeline.ingest import wiring
from checkout import ROOT

SOURCE = str(ROOT / "functions" / "main.py")


@pytest.fixture(name="start")
def _start(monkeypatch):
    """Start as an instance of a function; returns how many of what serves `ingest` are built."""
    monkeypatch.setenv("BUCKET_NAME", "bucket")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")

    def start(function):
        monkeypatch.setenv("FUNCTION_TARGET", function)
        create_app(function, SOURCE)
        return wiring.http_api.cache_info().currsize

    wiring.http_api.cache_clear()
    yield start
    wiring.http_api.cache_clear()


def test_ready_before_the_first_request(start):
    """An instance of `ingest` has built what serves it before it listens; no other has."""
    assert 0 == start("load")
    assert 1 == start("ingest")


def test_missing_setting(start, monkeypatch):
    """An instance that lacks a setting does not start, so that no deployment goes to it."""
    monkeypatch.delenv("BUCKET_NAME")

    with pytest.raises(ConfigurationError, match="BUCKET_NAME"):
        start("ingest")
