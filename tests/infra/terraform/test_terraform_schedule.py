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
HALF_HOURS = range(48)  # of a day
# The half-hours at whose beginning a job calls.
CALLS = {
    "recent-00": [each for each in HALF_HOURS if each % 2 == 0 and each != 4],
    "recent-30": [each for each in HALF_HOURS if each % 2],
    "nightly": [4],
}
CRON = {"recent-00": "0 0-1,3-23 * * *", "recent-30": "30 * * * *", "nightly": "0 2 * * *"}
RETRIES = {"recent-00": 0, "recent-30": 0, "nightly": 2}


@pytest.fixture(name="jobs", params=["main", "staging"])
def _jobs(request):
    """Return the scheduled jobs of a deployment, by what their names end with."""
    deployment = request.getfixturevalue(request.param)
    return {
        each.values["name"].split("-reconcile-")[1]: each.values
        for each in deployment.all("google_cloud_scheduler_job")
    }


def body_of(job):
    """Return the body of a job's request, as reconcile reads it."""
    text = base64.b64decode(job["http_target"][0]["body"])
    return msgspec.json.decode(text, type=reconcile.Schedule)


def half_hours(cron):
    """Return the half-hours at whose beginning a job with this schedule calls, every day."""
    minute, hours, *days = cron.split()
    assert ["*"] * 3 == days
    spans = [each.split("-") for each in hours.replace("*", "0-23").split(",")]
    called = {hour for span in spans for hour in range(int(span[0]), int(span[-1]) + 1)}
    return [each for each in HALF_HOURS if each // 2 in called and each % 2 * 30 == int(minute)]


def service_of(deployment):
    """Return how reconcile runs."""
    return deployment.one("google_cloudfunctions2_function", "reconcile")["service_config"][0]


class TestCalls:
    def test_bodies(self, jobs):
        """`reconcile` understands each body, and waits for delivery as it does by itself."""
        recent = reconcile.Schedule(days=1, budget_minutes=21)
        nightly = reconcile.Schedule(
            days=8, budget_minutes=21, list_bucket=True, remove_repeated=True
        )

        assert {"recent-00": recent, "recent-30": recent, "nightly": nightly} == {
            name: body_of(job) for name, job in jobs.items()
        }

    def test_times(self, jobs):
        """Every half-hour has one call, of which one a night looks further, by UTC."""
        assert {name: job["schedule"] for name, job in jobs.items()} == CRON
        assert {name: half_hours(cron) for name, cron in CRON.items()} == CALLS
        assert list(HALF_HOURS) == sorted(each for calls in CALLS.values() for each in calls)
        assert {"Etc/UTC"} == {job["time_zone"] for job in jobs.values()}

    def test_local(self, jobs):
        """The local pipeline is called as often, and does what all calls do."""
        local = Schedule()
        bodies = {
            name: json.loads(base64.b64decode(job["http_target"][0]["body"]))
            for name, job in jobs.items()
        }
        body = {**bodies["nightly"], **bodies["recent-30"]}
        body.pop("budget_minutes")  # nothing ends its run there

        assert timedelta(minutes=30) == timedelta(seconds=local.every_seconds)
        assert body == json.loads(local.body)


class TestLimits:
    def test_deadlines_nest(self, main, jobs):
        """A run's time with its last load job, then the function's, then the scheduler's."""
        budget = max(60 * body_of(job).budget_minutes for job in jobs.values())
        last_job = load_jobs._UPLOAD_SECONDS + load_jobs._JOB_SECONDS
        timeout = service_of(main)["timeout_seconds"]
        patience = {float(job["attempt_deadline"].rstrip("s")) for job in jobs.values()}

        assert budget + last_job < timeout < min(patience)
        assert max(patience) <= 1800  # Cloud Scheduler's most

    def test_apart(self, main):
        """A run has ended when the next one is called, whatever it had to do."""
        assert service_of(main)["timeout_seconds"] < timedelta(minutes=30).seconds

    def test_retries(self, jobs):
        """A night is tried again, when the instance that failed is gone; no other call is.

        So none is repeated into the half-hour of the nightly one.
        """
        for name, job in jobs.items():
            (retry,) = job["retry_config"]
            assert (RETRIES[name], "300s") == (retry["retry_count"], retry["min_backoff_duration"])

    def test_load_jobs(self, jobs):
        """All calls of a day together stay below the load jobs that BigQuery takes."""
        calls = sum(
            len(half_hours(job["schedule"])) * (1 + job["retry_config"][0]["retry_count"])
            for job in jobs.values()
        )

        assert calls * reconcile.MAX_LOAD_JOBS_PER_RUN < LOAD_JOBS_A_DAY

    def test_alone(self, main):
        """There is never more than one run."""
        service = service_of(main)

        assert (1, 1) == (
            service["max_instance_count"],
            service["max_instance_request_concurrency"],
        )
