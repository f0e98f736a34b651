"""By gcloud and by Terraform bucket and dataset are the same."""

import json
import re

from documented_commands import flags_of
from gcloud_page import ANSWERS, FUNCTIONS, SCHEMAS, TERRAFORM, hcl

from analytics_pipeline import object_names
from checkout import ROOT


class TestData:
    def test_object_names(self, run):
        """The first object and the external table's prefix are those of the code."""
        copied = run.one("gcloud", "storage", "cp")[3:]
        prefix = flags_of(run.one("bq", "mkdef"))["hive_partitioning_source_uri_prefix"]

        assert ["terraform/.keep", f"gs://my-project-events/{object_names.KEEP_OBJECT}"] == copied
        assert b"" == (ROOT / copied[0]).read_bytes()
        assert f"gs://my-project-events/{object_names.HIVE_PREFIX}" == prefix

    def test_bucket(self, run):
        """The bucket is as closed as Terraform's, and as long forgives a deletion."""
        words = run.one("gcloud", "storage", "buckets", "create")
        days = hcl("events_bucket.tf", r"retention_duration_seconds = (\d+) \* 24 \* 60 \* 60")

        assert {"--uniform-bucket-level-access", "--public-access-prevention"} < set(words)
        assert f"{days}d" == flags_of(words)["soft-delete-duration"]

    def test_browsers(self, run):
        """Browsers may send files with the headers that Terraform's bucket admits."""
        (cors,) = json.loads((run.work / "bucket.json").read_text())["cors"]

        assert cors == {
            "origin": json.loads(hcl("variables_tuning.tf", r"cors_origins = .+, (\[.+\])\)")),
            "method": json.loads(hcl("events_bucket.tf", r"method += (\[.+\])")),
            "responseHeader": json.loads(hcl("events_bucket.tf", r"response_header = (\[.+\])")),
            "maxAgeSeconds": int(hcl("events_bucket.tf", r"max_age_seconds = (\d+)")),
        }

    def test_lifecycle(self, run):
        """Objects become colder, and are deleted, when Terraform's are."""
        rules = json.loads((run.work / "bucket.json").read_text())["lifecycle"]["rule"]
        kilobytes = hcl("events_bucket.tf", r"_worth_moving_bytes = (\d+) \* 1024")
        kinds = re.findall(
            r'(\w+) += { colder = "(\w+)", colder_days = (\d+), delete_days = \S+?(\w+) }',
            TERRAFORM["events_bucket.tf"],
        )
        colder = [
            {
                "action": {"type": "SetStorageClass", "storageClass": storage_class},
                "condition": {
                    "age": int(days),
                    "matchesPrefix": [f"data_type={kind}/"],
                    "matchesStorageClass": ["STANDARD"],
                    "sizeAboveBytes": str(int(kilobytes) * 1024),
                },
            }
            for kind, storage_class, days, _ in kinds
        ]
        kept = dict(
            re.findall(r"(\w+) += optional\(number, (\d+)\)", TERRAFORM["variables_tuning.tf"])
        )
        deleted = [
            {
                "action": {"type": "Delete"},
                "condition": {
                    "age": int(kept[name]),
                    "matchesPrefix": [f"data_type={kind}/"],
                    "sizeAboveBytes": hcl("events_bucket.tf", r"size_above_bytes = (\d+)"),
                },
            }
            for kind, _, _, name in kinds
            if name in kept
        ]
        age = int(hcl("events_bucket.tf", r'Abort\w+"\s+}\s+condition {\s+age = (\d+)'))
        parts = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": age}}

        assert [*colder, *deleted, parts] == rules
        (sent,) = [call for call in run.all("curl") if "PATCH" in call]
        assert f"@{run.work / 'bucket.json'}" in sent

    def test_layout(self, run):
        """The tables have the layout that the schema files have, and no other."""
        layouts = json.loads((SCHEMAS / "partitioning.json").read_text())

        for name, layout in layouts.items():
            (words,) = [words for words in run.all("bq") if words[-1].endswith(f"/{name}.json")]
            days = layout["keep_days"]
            options = {
                f"--time_partitioning_field={layout['partition_column']}",
                layout["clustering"] and f"--clustering_fields={','.join(layout['clustering'])}",
                days and f"--time_partitioning_expiration={days * 86_400}",
            }
            pattern = r"--(time_partitioning_(field|expiration)|clustering_fields)="
            assert options - {None} == {word for word in words if re.match(pattern, word)}
            assert (ROOT / words[-1]).is_file()

    def test_views(self, run):
        """Every view is made of its own text, after the tables; `reconcile` may read its tables."""
        made = run.all("bq", "mk")
        names = [re.findall(r":events\.(\w+)", " ".join(call))[-1] for call in made]
        views = {file.stem: file.read_text() for file in SCHEMAS.glob("*.sql")}
        tables = json.loads((SCHEMAS / "partitioning.json").read_text())
        granted = {
            call[-1].rsplit(".", 1)[1]
            for call in run.all("bq", "add-iam-policy-binding")
            if "events-reconcile" in flags_of(call)["member"]
        }

        assert {
            name: text.replace("${project}", "my-project").replace("${dataset}", "events").rstrip()
            for name, text in views.items()
        } == {
            name: flags_of(call)["view"]
            for name, call in zip(names, made, strict=True)
            if "view" in flags_of(call)
        }
        assert names.index("receipts") > names.index("run_googleapis_com_stdout")
        assert {*tables, "receipts"} == granted

    def test_receipts(self, run):
        """The sink takes the same lines as Terraform's into a table by the same name."""
        words = run.one("gcloud", "logging", "sinks", "create")
        services, log, events = flags_of(words)["log-filter"].split(" AND ")[1:]
        lines = TERRAFORM["receipts.tf"]

        assert FUNCTIONS == re.findall(r'"(\w+)"', services)
        assert log in lines.replace(r"\"", '"')
        assert json.loads((SCHEMAS / "receipt_events.json").read_text()) == re.findall(
            r'"(\w+)"', events
        )
        assert "--use-partitioned-tables" in words
        grant = (
            f'GRANT `roles/bigquery.dataEditor` ON SCHEMA events TO "{ANSWERS["sinks describe"]}"'
        )
        assert grant == run.all("bq", "query")[0][-1]
