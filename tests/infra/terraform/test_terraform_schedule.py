"""When `reconcile` is called in a deployment, with which body, and for how long."""

import base64
import json
from datetime import timedelta

import msgspec
import pytest

from analytics_local_cloud.schedule import Schedule
from analytics_pipeline.load import load_jobs
from analytics_pipeline.reconcile import reconcile

pytestmark = pytest.mark.terraform

LOAD_JOBS_A_DAY = 1_500  # that BigQuery takes of a table (quotas page)
CRON = {"*/30 * * * *": timedelta(minutes=30), "10 2 * * *": timedelta(days=1)}


@pytest.fixture(name="jobs", params=["main", "staging"])
def _jobs(request):
    """Return the scheduled jobs of a deployment, by their last name."""
    deployment = request.getfixturevalue(request.param)
    return {
        each.values["name"].rsplit("-", 1)[1]: each.values
        for each in deployment.all("google_cloud_scheduler_job")
    }


def body_of(job):
    """Return the body of a job's request, as reconcile reads it."""
    text = base64.b64decode(job["http_target"][0]["body"])
    return msgspec.json.decode(text, type=reconcile.Schedule)


def service_of(deployment):
    """Return how reconcile runs."""
    return deployment.one("google_cloudfunctions2_function", "reconcile")["service_config"][0]


class TestCalls:
    def test_address(self, main, staging):
        """Each deployment calls its own reconcile, with a token that is made out to it."""
        for deployment in (main, staging):
            uri = service_of(deployment)["uri"]
            for each in deployment.all("google_cloud_scheduler_job"):
                (target,) = each.values["http_target"]
                (token,) = target["oidc_token"]
                assert ("POST", uri, uri) == (
                    target["http_method"],
                    target["uri"],
                    token["audience"],
                )
                assert (
                    f"{deployment.outputs['services']['reconcile'].removesuffix('reconcile')}"
                    "scheduler@demo-project.iam.gserviceaccount.com"
                    == token["service_account_email"]
                )

    def test_bodies(self, jobs):
        """`reconcile` understands each body, and waits for delivery as it does by itself."""
        bodies = {name: body_of(job) for name, job in jobs.items()}

        assert bodies == {
            "recent": reconcile.Schedule(days=1, nearby_only=True),
            "nightly": reconcile.Schedule(days=8, budget_minutes=20, remove_repeated=True),
        }

    def test_times(self, jobs):
        """Twice an hour the last day, and each night the last days, by UTC."""
        assert {"recent": "*/30 * * * *", "nightly": "10 2 * * *"} == {
            name: job["schedule"] for name, job in jobs.items()
        }
        assert {"Etc/UTC"} == {job["time_zone"] for job in jobs.values()}

    def test_local(self, jobs):
        """The local pipeline is called as often, and does what both calls do."""
        local = Schedule()

        assert CRON[jobs["recent"]["schedule"]] == timedelta(seconds=local.every_seconds)
        recent = json.loads(base64.b64decode(jobs["recent"]["http_target"][0]["body"]))
        assert {**recent, "remove_repeated": True} == json.loads(local.body)


class TestLimits:
    def test_deadlines_nest(self, main, jobs):
        """A run's time with its last load job, then the function's, then the scheduler's."""
        budget = max(60 * body_of(job).budget_minutes for job in jobs.values())
        last_job = load_jobs._UPLOAD_SECONDS + load_jobs._JOB_SECONDS
        timeout = service_of(main)["timeout_seconds"]
        patience = {float(job["attempt_deadline"].rstrip("s")) for job in jobs.values()}

        assert budget + last_job < timeout < min(patience)
        assert max(patience) <= 1800  # Cloud Scheduler's most

    def test_apart(self, jobs):
        """A frequent run has used up its time before the nightly one begins, and the other way."""
        recent, nightly = (
            60 * body_of(jobs[name]).budget_minutes for name in ("recent", "nightly")
        )
        minute = int(jobs["nightly"]["schedule"].split()[0])

        assert recent < 60 * minute
        assert 60 * minute + nightly <= CRON[jobs["recent"]["schedule"]].seconds

    def test_retries(self, jobs):
        """A failed call is repeated once, when the instance that failed is gone."""
        for job in jobs.values():
            (retry,) = job["retry_config"]
            assert (1, "300s") == (retry["retry_count"], retry["min_backoff_duration"])

    def test_load_jobs(self, jobs):
        """All calls of a day together stay below the load jobs that BigQuery takes."""
        calls = sum(timedelta(days=1) / CRON[job["schedule"]] for job in jobs.values())

        assert calls * reconcile.MAX_LOAD_JOBS_PER_RUN < LOAD_JOBS_A_DAY

    def test_alone(self, main):
        """There is never more than one run."""
        service = service_of(main)

        assert (1, 1) == (
            service["max_instance_count"],
            service["max_instance_request_concurrency"],
        )
