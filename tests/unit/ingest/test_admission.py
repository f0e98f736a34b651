"""admission: bodies are admitted by what they cost."""

import threading

import pytest

from analytics_pipeline.ingest.admission import Admission, cost_of
from analytics_pipeline.ingest.refusals import Overloaded
from analytics_pipeline.settings import IngestSettings


class TestAdmission:
    def test_room(self):
        """Requests are admitted while there is room, refused beyond, and give their room back."""
        admission = Admission(10)
        with admission.lease() as first, admission.lease() as second:
            first.hold(6)
            second.hold(4)
            with pytest.raises(Overloaded):
                second.hold(5)

            first.hold(5)
            second.hold(5)

        with admission.lease() as third:
            third.hold(10)

    def test_failure(self):
        """A request that fails gives its room back, too."""
        admission = Admission(10)
        with pytest.raises(Overloaded), admission.lease() as lease:  # noqa: PT012 - as requests do
            lease.hold(10)
            lease.hold(11)

        with admission.lease() as lease:
            lease.hold(10)

    def test_after_the_end(self):
        """A thread that is still at work for a request that ended takes no room for it."""
        admission = Admission(10)
        with admission.lease() as lease:
            pass

        with pytest.raises(Overloaded):
            lease.hold(1)
        with admission.lease() as lease:
            lease.hold(10)

    def test_threads(self):
        """Requests on several threads take exactly what they hold."""
        admission = Admission(1000)

        def hold_and_leave():
            for _ in range(500):
                with admission.lease() as lease:
                    for size in (50, 100, 20):
                        lease.hold(size)

        threads = [threading.Thread(target=hold_and_leave) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        with admission.lease() as lease:
            lease.hold(1000)
            with pytest.raises(Overloaded):
                lease.hold(1001)


def test_cost():
    """Bytes cost, and values besides."""
    assert 0 < cost_of(10) < cost_of(10, values=1) < cost_of(10, values=2)


def test_every_acceptable_body_is_admitted():
    """With the defaults the costliest body that may be sent fits when nothing else is in work."""
    settings = IngestSettings(bucket_name="bucket", google_cloud_project="project")
    cost = cost_of(settings.max_body_bytes, settings.max_json_values)

    with Admission(settings.max_inflight_bytes).lease() as lease:
        lease.hold(cost)
