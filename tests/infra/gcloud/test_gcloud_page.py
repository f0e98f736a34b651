"""The page about gcloud alone runs through, waits as Terraform does, and grants the same."""

import re

from documented_commands import flags_of
from gcloud_page import ANSWERS, DEPLOY, FUNCTIONS, TERRAFORM
from test_terraform_access import GRANTS


class TestThePage:
    def test_nothing_is_left_behind(self, run):
        """What the page writes lies in a folder of its own, which it deletes at the end."""
        assert set() == run.left
        assert [["rm", "-r", str(run.work)]] == run.all("rm")

    def test_variants_are_apart(self, runs):
        """As services it runs without a command for functions, and the other way round."""
        assert [] == runs["services"].all("gcloud", "functions")
        assert [] == runs["functions"].all("gcloud", "run", "deploy")
        assert [] == runs["functions"].all("gcloud", "eventarc", "triggers", "create")

    def test_variants_are_the_same(self, runs):
        """A service has the size, the account, the code and the visibility of the function."""
        renamed = {"run-service-account": "service-account", "ingress-settings": "ingress"}
        renamed |= {"runtime": "base-image", "entry-point": "function"}
        own = {"trigger-event-filters", "trigger-location", "trigger-service-account"}
        for name in FUNCTIONS:
            function = flags_of(runs["functions"].one(*DEPLOY["functions"], name))
            service = flags_of(runs["services"].one(*DEPLOY["services"], name))
            expected = {renamed.get(key, key): function[key] for key in set(function) - own}
            if "ingress" in expected:
                expected["ingress"] = expected["ingress"].removesuffix("-only")

            assert expected == service

    def test_waits(self, run, variant):
        """Where Terraform waits for APIs and grants the page does, for as long."""
        slept = [int(call[1]) for call in run.all("sleep")]
        words = [call[:3] for call in run.calls]
        waits = dict(
            re.findall(
                r'"time_sleep" "(\w+)" {.*?create_duration += "(\d+)s"',
                "".join(TERRAFORM.values()),
                re.DOTALL,
            )
        )
        grants = ("build_grants", "receipt_grants", "trigger_grants")

        assert slept == [int(waits["services"]), max(int(waits[name]) for name in grants)]
        deploys = [list(DEPLOY[variant])] * len(FUNCTIONS)
        first = words.index(deploys[0])
        assert ["sleep", str(slept[1])] == words[first - 1]
        assert deploys == [each for each in words if each == deploys[0]]
        assert words.index(["sleep", str(slept[0])]) < words.index(
            ["gcloud", "iam", "service-accounts"]
        )

    def test_services(self, run):
        """The page enables the APIs that Terraform enables, first of all."""
        enabled = run.all("gcloud", "services", "enable")
        needed = re.findall(r'^    "([\w.]+)",$', TERRAFORM["services.tf"], re.MULTILINE)

        assert sorted(needed) == sorted(enabled[0][3:])
        assert [["gcloud", "services", "enable", ANSWERS["apis describe"]]] == enabled[1:]


class TestGrants:
    def test_functions(self, run):
        """The functions' accounts have Terraform's rights, in roles of Google's where it can.

        Those on tables are apart: there bq has no role as small as Terraform's own.
        """
        googles = {"analytics_url_signer": "iam.serviceAccountTokenCreator"}
        granted = {
            (who, googles.get(role, role.replace("analytics_", "events_")))
            for who, role, scope in GRANTS
            if who in {"gateway", "scheduler", "trigger", *FUNCTIONS}
            and not scope.startswith("dataset")
        }
        given = [flags_of(call) for call in run.calls if "add-iam-policy-binding" in call]
        by_hand = {
            (re.search(r":events-(\w+)@", flags["member"])[1], re.split("[/]", flags["role"])[-1])
            for flags in given
            if ":events-" in flags["member"]
            and not flags.get("role", "").startswith("roles/bigquery.data")
        }

        assert granted | {("build", "run.builder")} == by_hand

    def test_agents(self, run):
        """Google's agents are made, and get the roles that Terraform gives them."""
        agents = dict(
            re.findall(r'^    (\w+) += "(roles/\S+)"', TERRAFORM["service_agents.tf"], re.MULTILINE)
        )
        made = [flags_of(call)["service"] for call in run.all("gcloud", "beta", "services")]
        bound = [flags_of(call) for call in run.all("gcloud", "projects", "add-iam-policy-binding")]
        given = {flags["member"]: flags["role"] for flags in bound if "gcp-sa-" in flags["member"]}

        assert [f"{name}.googleapis.com" for name in sorted(agents)] == sorted(made)
        domain = "iam.gserviceaccount.com"
        assert given == {
            f"serviceAccount:service-123@gcp-sa-{name}.{domain}": role
            for name, role in agents.items()
        }
        assert {
            "member": f"serviceAccount:{ANSWERS['storage service-agent']}",
            "role": "roles/pubsub.publisher",
            "condition": "None",
        } in bound
