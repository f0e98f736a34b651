"""By gcloud and by Terraform functions, their calls and the gateway are the same."""

import json
import re

import pytest
import yaml
from documented_commands import flags_of
from gcloud_page import ANSWERS, DEPLOY, FUNCTIONS, TERRAFORM, hcl, limit

from analytics_commands.estimate_cost.workload import Workload

ESTIMATED = Workload(events_per_day=0)
GIB = {"512Mi": 0.5, "1Gi": 1.0}


class TestCode:
    @pytest.mark.parametrize("entry_point", FUNCTIONS)
    def test_size(self, runs, entry_point):
        """A function is as large as Terraform's, at most as often there, and costs what is said."""
        file = f"{entry_point}_function.tf"
        flags = flags_of(runs["functions"].one(*DEPLOY["functions"], entry_point))
        concurrency = r"concurrency += (\d+)"

        assert hcl(file, r'runtime +=\s"(\w+)"') == flags["runtime"]
        assert hcl(file, r'available_cpu +=\s"(\w+)"') == flags["cpu"]
        assert hcl(file, r'available_memory +=\s"(\w+)"') == flags["memory"]
        assert hcl(file, r"timeout_seconds += (\d+)") + "s" == flags["timeout"]
        assert hcl(file, concurrency) == flags["concurrency"]
        most = hcl(file, r"max_instance_count += (?:var\.limits\.)?(\w+)")
        assert (most if most.isdigit() else limit(most)) == flags["max-instances"]
        is_internal = "ALLOW_INTERNAL_ONLY" == hcl(file, r'ingress_settings += "(\w+)"')
        assert is_internal == (flags.get("ingress-settings") == "internal-only")
        # The estimate has none for a function that is called once at a time.
        assert int(flags["concurrency"]) == getattr(ESTIMATED, f"{entry_point}_concurrency", 1)
        assert GIB[flags["memory"]] == getattr(ESTIMATED, f"{entry_point}_memory_gib")

    @pytest.mark.parametrize("entry_point", FUNCTIONS)
    def test_variables(self, runs, entry_point):
        """A function has variables that Terraform's has, with these values."""
        flags = flags_of(runs["functions"].one(*DEPLOY["functions"], entry_point))
        given = dict(each.split("=") for each in flags["set-env-vars"].split(","))
        text = TERRAFORM[f"{entry_point}_function.tf"]

        assert [] == [name for name in given if not re.search(rf"\b{name} += ", text)]
        assert "false" == given["LOG_EXECUTION_ID"]
        assert ("my-project", "my-project-events") == (
            given["GOOGLE_CLOUD_PROJECT"],
            given["BUCKET_NAME"],
        )

    def test_trigger(self, runs):
        """Both triggers carry the same events of the bucket, in the same name, and try again."""
        function = runs["functions"].one(*DEPLOY["functions"], "load")
        trigger = runs["services"].one("gcloud", "eventarc", "triggers", "create", "load")
        filters = [word.split("=", 1)[1] for word in trigger if word.startswith("--event-filters=")]
        flags = flags_of(function)

        assert "--retry" in function
        assert ",".join(filters) == flags["trigger-event-filters"]
        assert f'"{filters[0].split("=")[1]}"' in TERRAFORM["load_function.tf"]
        assert flags_of(trigger)["location"] == flags["trigger-location"]
        assert flags_of(trigger)["service-account"] == flags["trigger-service-account"]

    def test_undelivered(self, run):
        """What cannot be delivered is kept as long, and tried as often, as by Terraform."""
        kept = flags_of(run.one("gcloud", "pubsub", "subscriptions", "create"))
        tuned = run.one("gcloud", "pubsub", "subscriptions", "update")
        line = TERRAFORM["outputs.tf"].split('output "tune_delivery"')[1].split("\n}\n")[0]
        wanted = set(re.findall(r"--(?!project|location)[\w-]+=\w+", line))

        file = "undelivered_events.tf"
        days = hcl(file, r'message_retention_duration = "\${(\d+) \* 24')
        assert (f"{days}d", "never") == (
            kept["message-retention-duration"],
            kept["expiration-period"],
        )
        assert hcl(file, r"ack_deadline_seconds += (\d+)") == kept["ack-deadline"]
        assert ANSWERS["triggers describe"] == tuned[4]
        assert {*wanted, "--dead-letter-topic=undelivered"} == set(tuned[5:])

    @pytest.mark.parametrize("name", ["recent-00", "recent-30", "nightly"])
    def test_calls(self, run, name):
        """`reconcile` is called at the same times, in the same way."""
        text = TERRAFORM["reconcile_schedule.tf"]
        flags = flags_of(
            run.one("gcloud", "scheduler", "jobs", "create", "http", f"reconcile-{name}")
        )
        (recent,) = re.findall(r"_recent = ({.+})\n", text)
        pattern = rf'{name} += {{ cron = "([^"]+)", retries = (\d), body = ({{.+?}}) }}'
        cron, retries, body = re.search(pattern, text.replace("local._recent", recent)).groups()
        body = json.loads(re.sub(r"(\w+) = ", r'"\1": ', body))
        timeout = hcl("reconcile_function.tf", r"timeout_seconds += (\d+)")
        patience = hcl("reconcile_schedule.tf", r"timeout_seconds \+ (\d+)")

        assert (cron, body) == (flags["schedule"], json.loads(flags["message-body"]))
        assert f"{int(timeout) + int(patience)}s" == flags["attempt-deadline"]
        assert retries == flags["max-retry-attempts"]
        assert f'min_backoff_duration = "{flags["min-backoff"]}"' in text
        assert f'time_zone   = "{flags["time-zone"]}"' in text
        assert ANSWERS["describe reconcile"] == flags["uri"] == flags["oidc-token-audience"]


class TestGateway:
    def test_backend(self, run):
        """The gateway calls `ingest` at its own address, and takes as much as Terraform's."""
        api = yaml.safe_load((run.work / "openapi.yaml").read_text())
        backend = api["x-google-backend"]
        (quota,) = api["x-google-management"]["quota"]["limits"]

        assert ANSWERS["describe ingest"] == backend["address"] == backend["jwt_audience"]
        assert int(limit("quota_per_minute")) == quota["values"]["STANDARD"]

    def test_request_logs(self, run):
        """What is not to be stored, because URLs hold keys, is what Terraform leaves out."""
        given = flags_of(run.one("gcloud", "logging", "sinks", "update", "_Default"))
        _, _, log_filter = given["add-exclusion"].partition(",filter=")
        names = {
            "${local.name}-ingest": "ingest",
            "${local.name}": "analytics",
            "${google_api_gateway_api.events.managed_service}": ANSWERS["apis describe"],
        }
        groups = re.findall(r"    \[\n((?:      .+\n)+)    \]", TERRAFORM["request_logs.tf"])
        wanted = [" AND ".join(json.loads(f"[{group.rstrip().rstrip(',')}]")) for group in groups]
        expected = " OR ".join(f"({each})" for each in wanted)
        for template, name in names.items():
            expected = expected.replace(template, name)

        assert expected == log_filter
