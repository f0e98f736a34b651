"""Bucket and tables of a deployment are those that the code and the local cloud have."""

import json
import re
from datetime import UTC, datetime
from string import Template

import pytest

from analytics_local_cloud.provisioning import SCHEMAS, external_table
from analytics_pipeline import object_names
from analytics_pipeline.ingest.uploads import FileRequest, UploadLimits, Uploads
from analytics_pipeline.ingest.workers import Workers
from checkout import ROOT

pytestmark = pytest.mark.terraform

LAYOUTS = json.loads((SCHEMAS / "partitioning.json").read_text())
RECEIPTS = "run_googleapis_com_stdout"  # has a resource of its own
FILE = b'{"content_type": "text/plain", "md5_digest": "XUFAKrxLKna5cZ2REBfFkg==", "size": 5}'
PLACE = FileRequest(
    object_names.Partition("e", "c", "2026-11-30", "0-8"),
    "p",
    "c",
    datetime(2026, 1, 1, tzinfo=UTC),
)


class _Signer:
    """Signs nothing."""

    def sign_upload(self, name, headers, valid_for):
        return f"{name} {headers} {valid_for}"


class TestObjects:
    def test_keep(self, main):
        """The empty object is where every tool ignores it."""
        keep = main.one("google_storage_bucket_object", "keep")

        assert object_names.KEEP_OBJECT == keep["name"]
        assert b"" == (ROOT / "terraform" / keep["source"]).read_bytes()

    def test_lifecycle(self, staging):
        """Every kind of object has its class and its retention."""
        rules = staging.one("google_storage_bucket", "events")["lifecycle_rule"]
        conditions = [(rule["action"][0]["type"], rule["condition"][0]) for rule in rules]
        kinds = {object_names.prefix_of(kind) for kind in ("file", "json", "unknown")}
        ages = {
            object_names.prefix_of(kind): days
            for kind, days in zip(("file", "json", "unknown"), (12, 13, 14), strict=True)
        }

        assert kinds == {
            each["matches_prefix"][0] for kind, each in conditions if kind == "SetStorageClass"
        }
        assert ages == {
            each["matches_prefix"][0]: each["age"] for kind, each in conditions if kind == "Delete"
        }

    async def test_browsers(self, staging):
        """A page of an accepted origin may PUT a file with all headers of its signed URL."""
        (cors,) = staging.one("google_storage_bucket", "events")["cors"]
        limits = UploadLimits(require_size=False, max_bytes=9)
        ticket = await Uploads(
            _Signer, "b", limits, lambda: 1, Workers("test", threads=1, waiting=1)
        ).issue(FILE, PLACE)

        assert list(ticket.headers) == cors["response_header"]
        assert (["PUT"], ["https://game.example"]) == (cors["method"], cors["origin"])


class TestTables:
    @pytest.mark.parametrize("table", LAYOUTS)
    def test_partitioned(self, main, table):
        """A table has the columns, partitions, clusters and retention that the schemas say."""
        layout = LAYOUTS[table]
        name = "receipt_lines" if table == RECEIPTS else f"partitioned[{table}]"
        made = main.one("google_bigquery_table", name)
        days = layout["keep_days"]

        assert json.loads((SCHEMAS / f"{table}.json").read_text()) == json.loads(made["schema"])
        assert table == made["table_id"]
        assert layout["clustering"] == made["clustering"]
        assert "DAY" == made["time_partitioning"][0]["type"]
        assert layout["partition_column"] == made["time_partitioning"][0]["field"]
        assert (days or 0) * 86_400_000 == made["time_partitioning"][0]["expiration_ms"]
        assert made["deletion_protection"]

    def test_before_views(self, main):
        """A view is made after all tables, and names no view, which could be made after it."""
        views = [each for each in main.all("google_bigquery_table") if "view[" in each.name]
        names = {each.values["table_id"] for each in views}
        tables = {"google_bigquery_table.partitioned", "google_bigquery_table.receipt_lines"}

        assert {file.stem for file in SCHEMAS.glob("*.sql")} == names
        for each in views:
            assert tables <= each.after
            named = re.findall(r"`demo-project\.events\.(\w+)`", each.values["view"][0]["query"])
            assert set(named) <= LAYOUTS.keys()

    @pytest.mark.usefixtures("deployments")
    def test_a_new_column(self, terraform, tmp_path):
        """A schema with another column changes its table in place, and nothing loses rows.

        The table to which Cloud Logging adds columns is left as it is.
        """
        root = terraform.duplicate(tmp_path)
        for name in ("events_function", RECEIPTS):
            file = root.path.parent / SCHEMAS.relative_to(ROOT) / f"{name}.json"
            columns = [*json.loads(file.read_text()), {"name": "added", "type": "STRING"}]
            file.write_text(json.dumps(columns))

        planned = root.plan("default")

        table = 'google_bigquery_table.partitioned["events_function"]'
        assert ["update"] == planned.pop(table)
        assert ["update"] == planned["google_cloudfunctions2_function.load"]
        assert [] == [each for each in planned if "bigquery" in each]

    @pytest.mark.parametrize("view", ["events", "open_dead_letters", "receipts"])
    def test_views(self, staging, view):
        """A view is the query that the local warehouse has too."""
        query = Template((SCHEMAS / f"{view}.sql").read_text())
        made = staging.one("google_bigquery_table", f"view[{view}.sql]")

        assert (
            query.substitute(project="demo-project", dataset="own_dataset")
            == (made["view"][0]["query"])
        )

    def test_external(self, main):
        """The external table is the one that the local warehouse has."""
        made = main.one("google_bigquery_table", "events_gcs")["external_data_configuration"][0]
        local = external_table(main.outputs["bucket"])["externalDataConfiguration"]
        hive = made["hive_partitioning_options"][0]

        assert local["sourceUris"] == made["source_uris"]
        assert local["sourceFormat"] == made["source_format"]
        assert local["ignoreUnknownValues"] == made["ignore_unknown_values"]
        assert local["schema"]["fields"] == json.loads(made["schema"])
        assert local["hivePartitioningOptions"] == {
            "mode": hive["mode"],
            "sourceUriPrefix": hive["source_uri_prefix"],
        }
