"""What the pages add to the configuration is valid, and does what they say."""

import re

import pytest
from terraform_root import NOWHERE, TerraformFailed

from checkout import ROOT

pytestmark = pytest.mark.terraform
_FILE = re.compile(r"```hcl\n# terraform/(\S+)\n(.*?)```", re.DOTALL)
_GIVEN = ("-input=false", "-no-color", "-var=project_id=my-project", '-var=api_keys={game="1"}')
_PAGES = ("custom-domain", "organizations")


def changes_of(plan):
    """Return the lines of a plan about each address, as they are printed."""
    parts = re.split(r"^  # (\S+) (?:will|must) be .*$", plan, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_additions(terraform, tmp_path):
    """A domain with Cloud Armor, a key of one's own, a bucket and a dataset that exist."""
    root = terraform.duplicate(tmp_path / "extended")
    files = [
        file for page in _PAGES for file in _FILE.findall((ROOT / f"docs/{page}.md").read_text())
    ]
    for name, text in files:
        with (root.path / name).open("a") as file:
            file.write(text)

    try:
        plan = root.run("plan", *_GIVEN, workspace="documented")  # where nothing is yet
    except TerraformFailed as exc:
        if NOWHERE.removeprefix("http://") in str(exc):
            pytest.skip("the installed providers ask Google Cloud, which no test may")
        raise

    changes = changes_of(plan)
    key = '"projects/my-project/locations/europe-west1/keyRings/analytics/cryptoKeys/events"'
    assert (
        '"events.example.com"' in changes['google_compute_managed_ssl_certificate.domain["events"]']
    )
    assert "google_compute_security_policy.events" in changes
    assert key in changes["google_bigquery_dataset.events"]
    assert key in changes["google_storage_bucket.events"]
    assert "security_policy " in changes['google_compute_backend_service.domain["events"]']
    imported = re.findall(r"^(\S+): Preparing import\.\.\. \[id=\S+/(\S+)\]$", plan, re.MULTILINE)
    assert [
        ("google_bigquery_dataset.events", "my_dataset"),
        ("google_storage_bucket.events", "my-bucket"),
    ] == sorted(imported)
