"""Deployments apart, by environment or by project; what reaches a project, or comes from outside.

test_terraform_access.py holds who may do what within one of them.
"""

import base64
import json
import re
from itertools import combinations

import pytest
from test_terraform_access import grants_of

from analytics_commands.foundation.deployment.terraform import Variables

pytestmark = pytest.mark.terraform

# What a role on the whole project is given for; any other grant is on one resource.
PROJECT_WIDE = {
    ("build", "logging.logWriter"): "logs are the project's, and lines can only be added",
    ("build", "storage.objectViewer"): "a condition names the bucket that Cloud Build copies to",
    ("load", "bigquery.jobUser"): "jobs are the project's; what they read is granted apart",
    ("reconcile", "bigquery.jobUser"): "the same",
    ("trigger", "eventarc.eventReceiver"): "it is the project that receives events",
    ("gcp-sa-cloudscheduler", "cloudscheduler.serviceAgent"): "Google's own agent and role",
    ("gcp-sa-eventarc", "eventarc.serviceAgent"): "Google's own agent and role",
    ("gcp-sa-pubsub", "pubsub.serviceAgent"): "Google's own agent and role",
    ("gs-project-accounts", "pubsub.publisher"): "Google's own agent, as Eventarc asks for",
    ("gcp-sa-pubsub", "pubsub.subscriber"): "Google's own agent; Eventarc names the subscription",
}
# From where a function can be called at all; IAM then lets in one account alone.
INGRESS = {
    "ingest": "ALLOW_ALL",  # API Gateway calls from outside
    "load": "ALLOW_INTERNAL_ONLY",
    "reconcile": "ALLOW_INTERNAL_ONLY",
}
# What only one deployment has: names, addresses and keys, by the type of the resource.
OWN = {
    "google_api_gateway_api": "managed_service",
    "google_api_gateway_gateway": "id",
    "google_apikeys_key": "key_string",
    "google_artifact_registry_repository": "id",
    "google_bigquery_dataset": "id",
    "google_cloud_scheduler_job": "name",
    "google_cloudfunctions2_function": "name",
    "google_logging_metric": "name",
    "google_logging_project_sink": "name",
    "google_project_iam_custom_role": "role_id",
    "google_pubsub_subscription": "name",
    "google_pubsub_topic": "name",
    "google_service_account": "email",
    "google_storage_bucket": "name",
}
PAIRS = [("game", None), ("game", "qa"), ("game-qa", None), ("game-qa", "qa"), ("game", "qa-qa")]


@pytest.fixture(name="elsewhere", scope="module")
def _elsewhere(terraform):
    """Return the values of each resource that a plan makes in another project."""
    variables = ("project_id=other-project", "environment=staging", 'api_keys={game="1"}')
    options = [f"-var={each}" for each in variables]
    place = {"workspace": "elsewhere"}
    terraform.run("plan", *options, "-input=false", "-refresh=false", "-out=other", **place)
    planned = json.loads(terraform.run("show", "-json", "other", **place))["planned_values"]
    return [each["values"] for each in planned["root_module"]["resources"]]


def text_of(values):
    """Return all values as one text, with what is encoded in them as it is read."""
    text = json.dumps([dict(each) for each in values])
    encoded = re.findall(r'"contents": "([A-Za-z0-9+/=]+)"', text)
    return text + "".join(base64.b64decode(each).decode() for each in encoded)


def names_of(deployment):
    """Return what only this deployment may have."""
    return {each.values[OWN[each.type]] for each in deployment.resources if each.type in OWN}


def mentioned(names, deployment):
    """Return which names are in any value of the deployment, as a whole."""
    text = text_of(each.values for each in deployment.resources)
    return {name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}


class TestApart:
    def test_environments(self, main, staging):
        """No name, account, address or key of one environment is anywhere in another one's."""
        assert len(OWN) <= len(names_of(main)) == len(mentioned(names_of(main), main))
        assert set() == mentioned(names_of(main), staging)
        assert set() == mentioned(names_of(staging), main)

    def test_projects(self, main, elsewhere):
        """A deployment in another project has nothing of this one's; its buckets name its own."""
        buckets = [each["bucket"] for each in elsewhere if each.get("bucket")]

        assert main.variables["project_id"] not in text_of(elsewhere)
        assert {True} == {name.startswith("other-project-analytics-staging-") for name in buckets}

    def test_states(self):
        """Each project and environment has a state of its own, however alike their names are."""
        workspaces = [Variables(project, environment).workspace for project, environment in PAIRS]

        assert [] == [pair for pair in combinations(workspaces, 2) if pair[0] == pair[1]]


class TestReach:
    def test_project_wide(self, main, staging):
        """What is granted on a whole project is in a short list, each with its reason."""
        for deployment in (main, staging):
            wide = [grant for grant in grants_of(deployment) if grant[2].startswith("project")]

            assert len(wide) == len(PROJECT_WIDE)
            who = [re.sub(r".*:telemetry-staging-(\w+)@.*", r"\1", grant[0]) for grant in wide]
            assert {(name, grant[1]) for name, grant in zip(who, wide, strict=True)} == set(
                PROJECT_WIDE
            )

    def test_ingress(self, main, staging):
        """Only what the gateway calls can be called from outside, and IAM checks each call."""
        for deployment in (main, staging):
            functions = list(deployment.all("google_cloudfunctions2_function"))
            reached = {each.name: each.values["service_config"][0] for each in functions}

            assert {name: each["ingress_settings"] for name, each in reached.items()} == INGRESS

    def test_nobody_unknown(self, main, staging, elsewhere):
        """Nothing is granted to everybody, and no check of a caller is switched off."""
        texts = [text_of(each.values for each in one.resources) for one in (main, staging)]

        for text in (*texts, text_of(elsewhere)):
            assert not re.search(r"allUsers|allAuthenticatedUsers|domain:", text)
            assert not re.search(r'"invoker_iam_disabled": true|disable_auth: true', text)
