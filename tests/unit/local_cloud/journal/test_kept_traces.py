"""Memory is bounded, however much is sent, and however long somebody looks."""

import asyncio

import pytest
from heard_exchanges import Heard, row

from analytics_local_cloud.journal.kept_traces import MOST_TRACES
from analytics_local_cloud.journal.traces import Traces

MEGABYTE = 1_000_000


def kept(journal):
    """Return how many exchanges are kept."""
    return len(list(journal.after(0)))


def fill(heard, count, size=10):
    for _ in range(count):
        heard.add("gateway", status=400, body=b"x" * size)


def test_few_are_kept_unwatched():
    """Before anybody looks, 500 exchanges or 2 MB are kept."""
    heard = Heard()
    fill(heard, 600)
    assert 500 == kept(heard.journal)

    fill(heard, 5, MEGABYTE)
    assert 1 == kept(heard.journal)

    fill(heard, 1, 3 * MEGABYTE)
    assert 0 == kept(heard.journal)


def test_more_are_kept_while_somebody_looks():
    """Whoever looks finds 10,000 exchanges or 48 MB; a minute later few are kept again."""
    heard = Heard()
    heard.traces.refresh()
    fill(heard, 1_000)
    assert 1_000 == kept(heard.journal)
    fill(heard, 60, MEGABYTE)
    assert 47 == kept(heard.journal)

    heard.clock.now += 61
    fill(heard, 600)
    assert 500 == kept(heard.journal)


def test_traces_are_bounded_by_number():
    """The last 10,000 traces are kept, and found by their numbers."""
    heard = Heard()
    for _ in range(3):
        heard.traces.refresh()
        fill(heard, 4_000)

    assert MOST_TRACES == len(heard.newest())
    assert (2_001, None) == (heard.traces.oldest, heard.traces.find(2_000))
    assert [2_001, 12_000] == [heard.traces.find(number).number for number in (2_001, 12_000)]
    assert heard.traces.find(12_001) is None


def test_traces_are_bounded_by_bytes():
    """Large events, and large rows, push others out."""
    heard = Heard()
    for number in range(100):
        heard.sent({"eventType": "x" * MEGABYTE}, batch_id=f"b{number}")
        heard.inserted(row(1, f"b{number}", extra=f'"{"y" * MEGABYTE}"'))
        heard.traces.refresh()

    assert 15 < len(heard.newest()) < 25


def test_what_was_pushed_out_does_not_come_back():
    """A row of an event that is no longer kept makes no new trace."""
    heard = Heard()
    heard.sent({}, batch_id="old")
    heard.sent([{}] * MOST_TRACES, batch_id="new", count=MOST_TRACES)
    heard.traces.refresh()
    assert {} == heard.traces._joining._batches.of("old").traces

    heard.inserted(row(1, "old"))
    heard.clock.now += 10

    assert {"new"} == {trace.batch_id for trace in heard.newest()}


def test_forget():
    """What was forgotten is gone, its rows too; numbers and revisions go on."""
    heard = Heard()
    heard.sent({})
    revision = heard.newest()[0].revision
    heard.traces.forget()
    assert [] == heard.newest()
    assert heard.traces.revision > revision
    assert 2 == heard.traces.oldest

    heard.inserted(row())
    heard.sent({}, batch_id="c")
    heard.clock.now += 10
    assert [2] == [trace.number for trace in heard.newest()]


def test_changes():
    """Whoever knows a revision is told what is new or changed since then, in that order."""
    heard = Heard()
    heard.sent({}, batch_id="a")
    heard.sent({}, batch_id="b")
    heard.traces.refresh()
    revision = heard.traces.revision
    assert [] == heard.traces.changed_since(revision)

    heard.sent({}, batch_id="c")
    heard.inserted(row(1, "a"))
    assert ["c", "a"] == [trace.batch_id for trace in heard.traces.changed_since(revision)]


async def test_news_for_all_who_wait():
    """Each who waits is told, whatever others have read meanwhile, and when nothing will come."""
    heard = Heard()
    both = [asyncio.ensure_future(heard.traces.news(0)) for _ in range(2)]
    await asyncio.sleep(0)
    heard.sent({})
    await asyncio.gather(*both)
    await heard.traces.news(0)  # is known by now: it is not waited for

    last = asyncio.ensure_future(heard.traces.news())
    await asyncio.sleep(0)
    heard.journal.close()
    await last
    assert heard.traces.is_over


async def test_news_of_what_got_no_answer():
    """Whoever waits is told of a batch without a request although nothing more is heard."""
    heard = Heard()
    heard.stored()
    heard.traces.refresh()
    waiting = asyncio.ensure_future(heard.traces.news())
    await asyncio.sleep(0)
    heard.clock.now += 3
    await waiting

    assert ["stored"] == [trace.state for trace in heard.newest()]


@pytest.mark.parametrize(
    "change",
    [Traces.forget, lambda traces: traces.rows_seen("events_function", [row()], 1_000.0)],
    ids=["forgotten", "rows found"],
)
async def test_news_from_elsewhere(change):
    """Whoever waits is told what changed although nothing was heard."""
    heard = Heard()
    heard.sent({})
    heard.traces.refresh()
    waiting = asyncio.ensure_future(heard.traces.news())
    await asyncio.sleep(0)
    change(heard.traces)
    await waiting


def test_rates():
    """Rates are of whole seconds, and of what came in them."""
    heard = Heard()
    heard.traces.refresh()
    for number in range(150):
        heard.sent([{}, {}], batch_id=f"b{number}", count=2)
        heard.inserted(row(1, f"b{number}"))
        heard.clock.now += 0.08
    heard.traces.refresh()
    tally = heard.traces.tally

    assert (300, 150) == (tally.totals["accepted"], tally.totals["rows"])
    assert 20.0 == tally.rate("accepted", 10, heard.clock.now)
    assert 5.0 == tally.rate("accepted", 60, heard.clock.now)
    assert 0.0 == tally.rate("accepted", 10, heard.clock.now + 100)
