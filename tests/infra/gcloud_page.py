"""The page about gcloud alone, what Google answers it, and Terraform's files beside it."""

import re

from documented_commands import blocks_of

from checkout import ROOT

PAGE = (ROOT / "docs" / "deploy-with-gcloud.md").read_text()
TERRAFORM = {file.name: file.read_text() for file in (ROOT / "terraform").glob("*.tf")}
SCHEMAS = ROOT / "functions" / "analytics_pipeline" / "schemas"
FUNCTIONS = ["ingest", "load", "reconcile"]
VARIANTS = {"functions": "## 5b. ", "services": "## 5a. "}  # the section that is left out
DEPLOY = {"functions": ("gcloud", "functions", "deploy"), "services": ("gcloud", "run", "deploy")}
ANSWERS = {
    "auth print-access-token": "TOKEN",
    "projects describe": "123",
    "storage service-agent": "service-123@gs-project-accounts.iam.gserviceaccount.com",
    "sinks describe": "serviceAccount:service-123@gcp-sa-logging.iam.gserviceaccount.com",
    "describe ingest": "https://ingest.run.app",
    "describe reconcile": "https://reconcile.run.app",
    "functions describe load": "load-1",
    "triggers describe": "projects/my-project/subscriptions/eventarc-load-sub-1",
    "apis describe": "analytics-1.apigateway.my-project.cloud.goog",
    "gateways describe": "analytics-1.ew.gateway.dev",
    "api-keys list": "projects/123/locations/global/keys/1",
    "get-key-string": "KEY",
}


def script_of(variant):
    """Return the page's code without that of the other variant."""
    sections = re.split(r"^(?=## )", PAGE, flags=re.MULTILINE)
    kept = [section for section in sections if not section.startswith(VARIANTS[variant])]
    assert len(sections) - 1 == len(kept)
    return "".join(block for section in kept for block in blocks_of(section))


def hcl(file, pattern):
    """Return what a pattern finds in one of Terraform's files."""
    found = re.search(pattern, TERRAFORM[file])
    assert found, (file, pattern)
    return found[1]


def limit(name):
    """Return the default of one of Terraform's limits."""
    return hcl("variables_tuning.tf", rf"\b{name} += optional\(number, (\d+)\)")
