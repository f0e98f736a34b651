"""What a test can do with the fixtures, beside what the sample game's tests do."""

import pytest
from pipeline_client import unique

from analytics_testing.kit import Analytics
from analytics_testing.local_http import NoLocalPipeline


@pytest.fixture(name="analytics")
def _analytics(variables):
    kit = Analytics(variables, unique("kit"))
    yield kit
    kit.reset()


@pytest.fixture(name="faults")
def _faults(pipeline):
    """Return the faults that are on."""
    return lambda: pipeline.http.get(pipeline.url("/_local/faults"), timeout=60).json()["faults"]


def test_faults_end(analytics, faults):
    """Faults are on inside of their block alone, others beside them, whatever ends it."""
    with analytics.faults(slow=0.01, times=3, seed=5):
        with analytics.faults(deliver_twice=0.5):
            assert ["delay", "duplicate"] == [each["do"] for each in faults()]
        with pytest.raises(ZeroDivisionError), analytics.faults(deliver_twice=0.5):
            raise ZeroDivisionError
        (slow,) = faults()
        assert (0.01, 3, 5) == (slow["seconds"], slow["times"], slow["seed"])
    assert [] == faults()


def test_clock(analytics, faults):
    """The clock goes on from where it was set, beside faults, until it is set back."""
    analytics.clock.advance(days=1)
    with analytics.faults(lost_requests=0.5):
        analytics.clock.advance(hours=1, seconds=5)
        assert ["reset", "shift"] == [each["do"] for each in faults()]
    assert [86_400 + 3600 + 5] == [each["seconds"] for each in faults()]

    analytics.reset()
    assert [] == faults()


def test_faults_refused(analytics, faults):
    """A fault that cannot be is told, and the others stay as they were."""
    with pytest.raises(ValueError, match="probability"), analytics.faults(lost_answers=2):
        pass
    with analytics.faults(slow=0.01):
        assert 1 == len(faults())


def test_post(analytics):
    """What is posted is answered, or it is told why it is refused."""
    assert 2 == analytics.post([{"a": 1}, {"a": 2}])["event_count"]
    with pytest.raises(AssertionError, match="the events were refused: 400"):
        analytics.post([])
    with pytest.raises(AssertionError, match="refused requests: 1; 400 the array holds no event"):
        analytics.expect_no_refused_requests()


def test_matches(analytics):
    """An expectation returns what it found."""
    analytics.post([{"eventType": "a", "level": 1}, {"eventType": "b"}])

    (found,) = analytics.expect("a", level=1)
    assert {"level": 1} == found["row"]["extra"]
    assert '{"eventType": "a", "level": 1}' == found["sent"]


def test_dead_letters(analytics):
    """A dead letter is told with its reason, unless that is expected."""
    analytics.post([5])

    with pytest.raises(AssertionError, match=r"^dead letters: 1; 5: not_an_object"):
        analytics.expect_no_dead_letters()
    analytics.expect_no_dead_letters(except_={"not_an_object"})


def test_withheld(analytics):
    """Nothing can be said to be none while something is pending."""
    with analytics.faults(lost_deliveries=True):
        analytics.post([{"eventType": "a"}])
        with pytest.raises(AssertionError, match=r"^events that wait for their rows: 1"):
            analytics.expect_no_dead_letters(within=0)
        with pytest.raises(AssertionError, match=r"^events that wait for their rows: 1"):
            analytics.expect("b", count=0, within=0)
    analytics.wait_until_idle(within=60)
    analytics.expect_no_dead_letters()


def test_refused_before(variables, pipeline, analytics):
    """A request with a wrong key and no environment is of each test that runs then, of no later."""
    pipeline.post([{"eventType": "a"}], key="wrong")
    with pytest.raises(AssertionError, match=r"refused requests: 1; 400 .*key=KEY"):
        analytics.expect_no_refused_requests()

    Analytics(variables, unique("kit")).expect_no_refused_requests()
    analytics.reset()
    analytics.expect_no_refused_requests()


def test_sql(analytics):
    """A query has rows by column, its environment, and other parameters."""
    analytics.post([{"eventType": "a", "eventIndex": index} for index in range(3)])
    analytics.expect("a", count=3)

    sql = (
        "SELECT event_index, JSON_VALUE('{}') AS nothing FROM events"
        " WHERE analytics_environment = @environment AND event_index > @least ORDER BY 1"
    )
    rows = analytics.sql(sql, least=0)
    assert [{"event_index": 1, "nothing": None}, {"event_index": 2, "nothing": None}] == rows
    with pytest.raises(TypeError, match=r"least=\[\] is no parameter"):
        analytics.sql(sql, least=[])


def test_wrong_questions(analytics):
    """What cannot be asked is an error of the test's, and no failed expectation."""
    with pytest.raises(ValueError, match="within"):
        analytics.expect("a", within=-1)
    with pytest.raises(TypeError, match=r"^level=.*is no value of JSON"):
        analytics.expect("a", level=object())


@pytest.mark.parametrize("fault", ["reset", "truncate"])
def test_retry_without_key(analytics, fault):
    """A batch whose answer was lost is there; sent again without its key, it is there twice."""
    lost = {"do": fault, "at": "gateway", "times": 1, "path": "/v1/event"}
    with analytics.faults(lost if fault == "truncate" else {**lost, "when": "after"}):
        with pytest.raises(NoLocalPipeline):
            analytics.post([{"eventType": "a"}])
        analytics.expect("a", exactly_once=True)
        analytics.post([{"eventType": "a"}])

    with pytest.raises(AssertionError, match=r"^2 a, not 1; 1 of them .* Idempotency-Key$"):
        analytics.expect("a", exactly_once=True)


def test_refused_by_a_fault(analytics):
    """What a fault refuses is told as refused: it never came further."""
    with (
        analytics.faults(gateway_503=True, times=1),
        pytest.raises(AssertionError, match="503"),
    ):
        analytics.post([{"eventType": "a"}])

    with pytest.raises(AssertionError, match="1 refused, the last: 503 a fault at the gateway"):
        analytics.expect("a", within=0)
