"""What each answer means, as one table."""

import json

import pytest

from analytics_pipeline_client.sending.verdicts import Answer, Judgement, Verdict, judge

NOW = 1_770_000_000.0
RECEIPT = b'{"event_count":2}'
DEFECT = b'{"reason":"invalid_body","message":"no"}'
TABLE = [
    (200, RECEIPT, Verdict.ACKNOWLEDGED),
    (200, b'{"event_count":3}', Verdict.RETRY),
    (200, b'{"event_count":"2"}', Verdict.RETRY),
    (200, b"{}", Verdict.RETRY),
    (200, b"[2]", Verdict.RETRY),
    (200, b'{"event_count":', Verdict.RETRY),
    (200, b"", Verdict.RETRY),
    (200, b"\xff", Verdict.RETRY),
    (200, b"[" * 100_000, Verdict.RETRY),
    (201, RECEIPT, Verdict.RETRY),
    (204, b"", Verdict.RETRY),
    (302, b"", Verdict.RETRY),
    (408, DEFECT, Verdict.RETRY),
    (425, b"", Verdict.RETRY),
    (429, b"", Verdict.RETRY),
    (429, DEFECT, Verdict.RETRY),
    *((status, DEFECT, Verdict.RETRY) for status in (500, 501, 502, 503, 504, 599)),
    *((status, DEFECT, Verdict.HALT) for status in (401, 403, 404)),
    *((status, b"", Verdict.HALT) for status in (400, 401, 403, 404, 405, 415)),
    (400, b'{"code":400,"message":"API key not valid"}', Verdict.HALT),
    (400, b'{"reason":7}', Verdict.HALT),
    *((status, DEFECT, Verdict.PARK) for status in (400, 405, 415, 422)),
    (413, DEFECT, Verdict.SPLIT),
    (413, b"", Verdict.SPLIT),
]
DATE = "Mon, 02 Feb 2026 02:40:30 GMT"  # half a minute after NOW


@pytest.mark.parametrize(("status", "body", "verdict"), TABLE)
def test_table(status, body, verdict):
    """The status decides, with the receipt at 200, and with the reason where there may be one."""
    assert verdict == judge(Answer(status, {}, body), 2, NOW).verdict


def test_single_event_too_large():
    """One event that is too large has no halves."""
    assert judge(Answer(413, {}, b""), 1, NOW) == Judgement(Verdict.PARK)


def test_what_the_server_says():
    """Reason and message are told to whoever looks at the batch."""
    told = judge(Answer(400, {}, DEFECT), 2, NOW)

    assert (told.reason, told.message) == ("invalid_body", "no")


def test_one_is_not_true():
    """A receipt of `true` counts no event."""
    answer = Answer(200, {}, json.dumps({"event_count": True}).encode())

    assert judge(answer, 1, NOW).verdict == Verdict.RETRY


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "9" * 400}, 3600),
        ({"retry-after": "-7"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "٣"}, 0),
        ({"retry-after": DATE}, 30),
        ({"retry-after": DATE, "date": "Mon, 02 Feb 2026 02:40:20 GMT"}, 10),
        ({"retry-after": DATE, "date": "Mon, 02 Feb 2026 02:50:20 GMT"}, 0),
        ({"retry-after": "Mon, 02 Feb 2026 02:40:30"}, 30),
        ({"retry-after": "Mon, 02 Feb 2999 02:40:30 GMT"}, 3600),
        ({"retry-after": "Mon, 99 Feb 2026 02:40:30 GMT"}, 0),
    ],
)
def test_pauses(headers, pause):
    """Retry-After is seconds, or a date by the server's clock; an hour at most."""
    assert pause == judge(Answer(503, headers, b""), 2, NOW).pause
