"""Who may do what in a deployment: exactly this, and nobody else anything."""

import re

import pytest

pytestmark = pytest.mark.terraform

# Who, which role, on what.
GRANTS = {
    ("build", "artifactregistry.writer", "repository analytics"),
    ("build", "logging.logWriter", "project"),
    ("build", "storage.objectViewer", "bucket demo-project-analytics-source"),
    ("build", "storage.objectViewer", "project if copied-function-source"),
    ("gateway", "run.invoker", "service analytics-ingest"),
    ("ingest", "analytics_object_lister", "bucket demo-project-analytics-events"),
    ("ingest", "analytics_url_signer", "account ingest"),
    ("ingest", "storage.objectCreator", "bucket demo-project-analytics-events"),
    ("load", "analytics_row_writer", "dataset events"),
    ("load", "bigquery.jobUser", "project"),
    ("load", "storage.objectViewer", "bucket demo-project-analytics-events"),
    ("reconcile", "analytics_row_reader", "dataset events"),
    ("reconcile", "analytics_row_writer", "dataset events"),
    ("reconcile", "bigquery.jobUser", "project"),
    ("reconcile", "storage.objectViewer", "bucket demo-project-analytics-events"),
    ("scheduler", "run.invoker", "service analytics-reconcile"),
    ("trigger", "eventarc.eventReceiver", "project"),
    ("trigger", "run.invoker", "service analytics-load"),
    # Google's own: each as Google would have it by itself, later; Cloud Storage sends
    # notifications, Pub/Sub forwards what was not delivered, Cloud Logging writes receipts.
    ("gcp-sa-cloudscheduler", "cloudscheduler.serviceAgent", "project if for-analytics"),
    ("gcp-sa-eventarc", "eventarc.serviceAgent", "project if for-analytics"),
    ("gcp-sa-pubsub", "pubsub.serviceAgent", "project if for-analytics"),
    ("gcp-sa-logging", "bigquery.dataEditor", "dataset events"),
    ("gs-project-accounts", "pubsub.publisher", "project if for-analytics"),
    ("gcp-sa-pubsub", "pubsub.publisher", "topic analytics-undelivered"),
    ("gcp-sa-pubsub", "pubsub.subscriber", "project if for-analytics"),
}
SINK = ("gcp-sa-logging", "bigquery.dataEditor")  # as Google's guide to sinks asks for
SCOPES = (
    *("bucket", "crypto_key_id", "dataset_id", "repository", "service_account_id", "topic"),
    *("name", "project"),
)


def principal_of(member):
    """Return the short name of a service account; another member as it is."""
    ours = re.fullmatch(r"serviceAccount:analytics-(\w+)@demo-project\.iam.+", member)
    googles = re.fullmatch(r"serviceAccount:service-\d+@([\w-]+)\.iam.+", member)
    return (ours or googles or [member, member])[1]


def scope_of(values):
    """Return what a grant is about, from the argument that says so."""
    argument = next(name for name in SCOPES if values.get(name))
    kind = {
        "crypto_key_id": "key",
        "dataset_id": "dataset",
        "name": "service",
        "service_account_id": "account",
    }.get(argument, argument)
    target = re.sub(r".*/(?:analytics-)?(\w+)@.+", r"\1", values[argument])
    conditions = "".join(f" if {each['title']}" for each in values.get("condition") or ())
    return ("project" if kind == "project" else f"{kind} {target.split('/')[-1]}") + conditions


def grants_of(deployment):
    """Return the grants of a deployment."""
    return [
        (
            principal_of(each.values["member"]),
            re.sub(r"^roles/|^projects/[^/]+/roles/|_[0-9a-f]{8}$", "", each.values["role"]),
            scope_of(each.values),
        )
        for each in deployment.all("_iam_member")
    ]


class TestGrants:
    def test_exact(self, main):
        """Every account has the grants it needs, and no other exists."""
        assert sorted(GRANTS) == sorted(grants_of(main))

    def test_additive(self, main):
        """Grants are added one by one: none replaces what others have been given."""
        kinds = {each.type for each in main.resources}

        assert set() == {kind for kind in kinds if kind.endswith(("_iam_policy", "_iam_binding"))}

    def test_nothing_broad(self, main, staging):
        """No primitive role, no role of an administrator, nothing for everybody."""
        for who, role, _ in [*grants_of(main), *grants_of(staging)]:
            broad = re.search(r"admin|owner|editor$|^viewer$", role, re.IGNORECASE)
            assert not broad or SINK == (who, role)
            assert not re.search(r"allUsers|allAuthenticatedUsers|^domain:", who)

    def test_custom_roles(self, main):
        """The roles of our own sign, list, append rows, or query them, and nothing else."""
        roles = {each.name: set(each.values["permissions"]) for each in main.all("_custom_role")}

        assert roles == {
            "object_lister": {"storage.objects.list"},
            "url_signer": {"iam.serviceAccounts.signBlob"},
            "row_reader": {"bigquery.tables.getData"},
            "row_writer": {
                "bigquery.datasets.get",
                "bigquery.tables.get",
                "bigquery.tables.updateData",
            },
        }

    def test_rows_are_removed_by_reconcile_alone(self, main):
        """To delete rows by a query takes both roles of the dataset, and a job."""
        needed = {"analytics_row_reader", "analytics_row_writer", "bigquery.jobUser"}
        roles = {}
        for who, role, _ in grants_of(main):
            roles.setdefault(who, set()).add(role)

        assert ["reconcile"] == [who for who, given in roles.items() if needed <= given]

    def test_no_key_files(self, main):
        """No key of a service account exists."""
        assert [] == list(main.all("google_service_account_key"))


class TestIdentities:
    def test_one_per_role(self, main):
        """Each function, whoever calls it, and the build is an account of its own."""
        accounts = {each.name for each in main.all("google_service_account")}
        functions = {each.name: each.values for each in main.all("google_cloudfunctions2_function")}
        trigger = functions["load"]["event_trigger"][0]

        assert {*functions, "build", "gateway", "scheduler", "trigger"} == accounts
        assert "trigger" == account_of(trigger["service_account_email"])
        for name, function in functions.items():
            assert name == account_of(function["service_config"][0]["service_account_email"])
            assert function["build_config"][0]["service_account"].endswith(
                "/serviceAccounts/analytics-build@demo-project.iam.gserviceaccount.com"
            )

    def test_public_nowhere(self, main, staging):
        """No bucket can be made public, nor an object in it."""
        for deployment in (main, staging):
            for each in deployment.all("google_storage_bucket"):
                assert each.values["uniform_bucket_level_access"]
                assert "enforced" == each.values["public_access_prevention"]

    def test_keys_are_restricted(self, staging):
        """Every API key opens this API alone."""
        managed = staging.one("google_api_gateway_api", "events")["managed_service"]
        keys = list(staging.all("google_apikeys_key"))

        assert 2 == len(keys)
        for key in keys:
            targets = key.values["restrictions"][0]["api_targets"]
            assert [managed] == [target["service"] for target in targets]


def account_of(email):
    """Return the short name of one of our accounts."""
    return principal_of(f"serviceAccount:{email}")
