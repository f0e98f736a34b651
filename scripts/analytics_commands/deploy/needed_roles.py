"""The roles that whoever deploys needs, where that is not Owner, and what each is for.

Editor may do most of it, but grants nothing to anybody and makes no log sink.
"""

import json
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import requests

PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    # What it is made of.
    "roles/editor": (
        "apigateway.gateways.create",
        "apikeys.keys.create",
        "artifactregistry.repositories.create",
        "bigquery.datasets.create",
        "bigquery.jobs.create",
        "cloudfunctions.functions.create",
        "cloudscheduler.jobs.create",
        "eventarc.triggers.create",
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.create",
        "logging.logMetrics.create",
        "monitoring.alertPolicies.create",
        "monitoring.dashboards.create",
        "pubsub.topics.create",
        "resourcemanager.projects.get",
        "serviceusage.services.enable",
        "serviceusage.services.use",
        "storage.buckets.create",
    ),
    # Who may do what: in the project, as an account, in roles of its own, on each service.
    "roles/resourcemanager.projectIamAdmin": (
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
    ),
    "roles/iam.serviceAccountAdmin": ("iam.serviceAccounts.setIamPolicy",),
    "roles/iam.roleAdmin": ("iam.roles.create", "iam.roles.delete", "iam.roles.update"),
    "roles/run.admin": ("run.services.setIamPolicy",),
    "roles/pubsub.admin": ("pubsub.topics.setIamPolicy",),
    "roles/artifactregistry.admin": ("artifactregistry.repositories.setIamPolicy",),
    # Receipts go by a sink, and an exclusion keeps API keys out of the logs.
    "roles/logging.configWriter": (
        *("logging.exclusions.create", "logging.exclusions.update"),
        *("logging.sinks.create", "logging.sinks.update"),
    ),
}
# Not here: what makes a bucket or a dataset may grant access to it, without more. Another account
# that changes the dataset later needs roles/bigquery.dataOwner, one that sets `budget` or `kms_key`
# a role on the billing account or the key: none of these can be asked of the project.
_RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com/"
_SECONDS = 30.0
_BODY = {"permissions": [each for permissions in PERMISSIONS.values() for each in permissions]}


class NotAsked(Exception):
    """Google Cloud did not say what the account may do; the message says why."""


@dataclass(frozen=True)
class Question:
    """What the account of a token may do in a project, asked in one call (it takes a hundred)."""

    project_id: str
    token: str = field(repr=False)
    endpoint: str = ""  # of Cloud Resource Manager, where another one is configured

    @property
    def _url(self) -> str:
        endpoint = (self.endpoint or _RESOURCE_MANAGER).rstrip("/")
        return f"{endpoint}/v3/projects/{self.project_id}:testIamPermissions"

    def held(self) -> frozenset[str]:
        """Return the permissions of those needed that the account has; raises NotAsked."""
        # The project's call, as Terraform's are: a person's credentials are refused without.
        headers = {"Authorization": f"Bearer {self.token}", "X-Goog-User-Project": self.project_id}
        try:
            answer = requests.post(self._url, json=_BODY, headers=headers, timeout=_SECONDS)
            answer.raise_for_status()
            return frozenset(answer.json().get("permissions", ()))
        except (requests.RequestException, AttributeError, TypeError) as exc:  # or another's words
            raise NotAsked(str(exc)) from exc

    def as_command(self) -> str:
        """Return the question as a line for a shell."""
        authorization = f"Authorization: Bearer {self.token}"
        words = ("curl", "--header", authorization, "--json", json.dumps(_BODY), self._url)
        return shlex.join(words)


def missing_roles(held: Collection[str]) -> Mapping[str, Collection[str]]:
    """Return the roles that would add what is not held, with the permissions they would add."""
    lacking = {
        role: [permission for permission in permissions if permission not in held]
        for role, permissions in PERMISSIONS.items()
    }
    return {role: permissions for role, permissions in lacking.items() if permissions}
