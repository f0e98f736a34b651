"""settings: the environment, read once."""

import dataclasses

import pytest

from analytics_pipeline.errors import ConfigurationError
from analytics_pipeline.settings import IngestSettings, LoadSettings

MINIMAL = {"BUCKET_NAME": "bucket", "GOOGLE_CLOUD_PROJECT": "project"}


class TestFromEnv:
    def test_defaults(self):
        """Only the bucket and the project have to be set."""
        settings = IngestSettings.from_env(MINIMAL)

        expected = {
            "bucket_name": "bucket",
            "google_cloud_project": "project",
            "storage_emulator_host": "",
            "upload_endpoint": "",
            "signing_service_account": "",
            "cors_origins": {"*"},
            "allowed_environments": frozenset(),
            "allowed_categories": frozenset(),
            "max_body_bytes": 10_000_000,
            "max_json_values": 1_000_000,
            "max_events_per_batch": 10_000,
            "max_inflight_bytes": 256_000_000,
            "require_upload_size": False,
            "max_upload_bytes": 5_000_000_000,
            "iam_endpoint": "https://iamcredentials.googleapis.com",
        }
        assert expected == dataclasses.asdict(settings)
        assert "events" == LoadSettings.from_env(MINIMAL).bigquery_dataset

    def test_values(self):
        """Numbers, lists and booleans are read from their text; an empty variable is absent."""
        settings = IngestSettings.from_env(
            {
                **MINIMAL,
                "MAX_BODY_BYTES": "5",
                "CORS_ORIGINS": "https://a.example, https://b.example",
                "REQUIRE_UPLOAD_SIZE": "TRUE",
                "MAX_JSON_VALUES": "",
            }
        )

        assert 5 == settings.max_body_bytes
        assert {"https://a.example", "https://b.example"} == settings.cors_origins
        assert settings.require_upload_size
        assert 1_000_000 == settings.max_json_values

    def test_all_problems_at_once(self):
        """Every variable that is missing or wrong is named in one error."""
        with pytest.raises(ConfigurationError) as caught:
            IngestSettings.from_env(
                {"MAX_BODY_BYTES": "0", "REQUIRE_UPLOAD_SIZE": "maybe", "MAX_UPLOAD_BYTES": "1e3"}
            )

        message = str(caught.value)
        for variable in (
            "BUCKET_NAME",
            "GOOGLE_CLOUD_PROJECT",
            "MAX_BODY_BYTES='0'",
            "REQUIRE_UPLOAD_SIZE='maybe'",
            "MAX_UPLOAD_BYTES='1e3'",
        ):
            assert variable in message

    def test_process_environment(self, monkeypatch):
        """Without an argument the process environment is read."""
        monkeypatch.setenv("BUCKET_NAME", "from-process")
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")

        assert "from-process" == LoadSettings.from_env().bucket_name
