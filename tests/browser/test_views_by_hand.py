"""What people do in the other views, with mouse and keyboard, on a week of a small game."""

import json
from urllib.parse import parse_qs, urlsplit

LOADED = "document.readyState === 'complete'"


async def test_saved_query(visit, home):
    """A saved query is chosen, run for more days, drawn, and its rows are a file."""
    await visit.open(f"{home}/console/sql")
    await visit.click("a[href='/console/sql?saved=daily_active_players']")
    await visit.wait_for("document.querySelector('h2').innerText === 'daily_active_players'")
    await visit.write("input[name=days]", "9")
    await visit.evaluate("document.querySelector('select[name=by]').value = 'event'; 0")
    await visit.click("form.line button.main")
    await visit.wait_for("location.search.includes('days=9') && document.querySelector('svg')")
    rows = await visit.evaluate("document.querySelectorAll('.wide tbody tr').length")
    file = await visit.evaluate(
        "fetch(document.querySelector('a[download]').href).then((a) => a.text())"
    )

    assert 7 == rows == len(file.splitlines()) - 1
    assert "by=event" in await visit.evaluate("location.search")
    assert [] == visit.complaints


async def test_own_sql(visit, home):
    """Own SQL runs by Ctrl+Enter; a mistake is told in BigQuery's words; nothing is changed."""
    await visit.open(f"{home}/console/sql")
    await visit.write("#sql", "SELECT player_id FROM events WHERE event_type = 'purchase'")
    await visit.press("Enter", control=True)
    await visit.wait_for("document.querySelector('.wide th')?.innerText === 'player_id'")
    await visit.open(f"{home}/console/sql?sql=SELECT+nothing+FROM+events")
    refused = await visit.text("[role=alert]")
    await visit.open(f"{home}/console/sql?sql=DELETE+FROM+events_function+WHERE+true")

    assert "Unrecognized name: nothing" in refused
    assert "SELECT" in await visit.text("[role=alert]")


async def test_charts(visit, home):
    """The gallery draws the week, each picture links to its SQL."""
    await visit.open(f"{home}/console/charts?days=8&by=event")
    pictures = await visit.evaluate("document.querySelectorAll('.gallery svg').length")
    filled = await visit.evaluate(
        "[...document.querySelectorAll('.gallery svg :is(path, rect, circle)')].some("
        " (each) => !['none', 'rgb(0, 0, 0)'].includes(getComputedStyle(each).fill))"
    )
    await visit.click(".gallery h2 a")

    assert 4 < pictures
    assert filled
    await visit.wait_for(
        "location.pathname === '/console/sql' && document.querySelector('.wide td')"
    )


async def test_replay(visit, home, pipeline):
    """A dead letter is tried first without a change, then replayed; what it lacks is said."""
    before = pipeline.query("SELECT COUNT(*) FROM events.dead_letters")
    await visit.open(f"{home}/console/dead-letters")
    await visit.click("form[action='/console/dead-letters/replay'] button")
    await visit.wait_for("document.querySelector('.replay pre') !== null")
    text = await visit.text(".replay")

    assert "What a replay would do" in text
    assert "analytics replay" in text
    assert before == pipeline.query("SELECT COUNT(*) FROM events.dead_letters")


async def test_faults(visit, home, pipeline):
    """A switch breaks the gateway, is counted, and all are off again; the clock goes on a day."""
    await visit.open(f"{home}/console/faults")
    name = "document.querySelector('[aria-pressed=true]')"
    try:
        await visit.click(".switches button")
        await visit.wait_for(f"{name} !== null")
        faults = pipeline.http.get(f"{home}/_local/faults", timeout=60).json()["faults"]
        await visit.click("form[action='/console/faults/day'] button")
        await visit.wait_for("document.querySelector('main').innerText.includes('86,400')")
        await visit.click("form[action='/console/faults/off'] button")
        await visit.wait_for(f"{name} === null && document.querySelector('.notice')")
    finally:
        pipeline.http.delete(f"{home}/_local/faults", timeout=60)

    assert 1 == len(faults)


async def test_send(visit, home, pipeline):
    """The form sends an event, as a client does, and says what was answered."""
    await visit.open(f"{home}/console/send")
    event = {"eventType": "from_the_form", "playerId": "ann"}
    await visit.write("#event", json.dumps(event))
    await visit.click("#event-form button.main")
    await visit.wait_for("document.querySelector('#event-answer pre') !== null")
    answer = json.loads(await visit.text("#event-answer pre"))
    pipeline.wait_for_rows(1, answer["batch_id"])
    await visit.write("#event", "not JSON {")
    await visit.write("input[name=category]", "not a category")
    await visit.click("#event-form button.main")

    await visit.wait_for("document.querySelector('#event-answer .bad')?.innerText === '400'")


async def test_upload(visit, home, pipeline, tmp_path):
    """A file is chosen, uploaded through a signed URL, and is what is stored."""
    dump = tmp_path / "<b>dump.txt"
    dump.write_bytes(b"hello" * 1000)
    await visit.open(f"{home}/console/send")
    await visit.choose_files("input[type=file]", [dump])
    await visit.click("#file-form button")
    await visit.wait_for("document.querySelector('#file-answer pre') !== null")

    assert "200" == await visit.text("#file-answer span")
    (stored,) = pipeline.stored("data_type=file/analytics_environment=testing/")
    assert dump.read_bytes() == stored.download_as_bytes()


async def test_objects(visit, home):
    """Folders lead to an object, its lines and its rows."""
    await visit.open(f"{home}/console/objects?prefix=data_type=json/")
    depth = 0
    while not await visit.evaluate("location.search.includes('object=')"):
        address = await visit.evaluate("location.href")
        await visit.click(".wide tbody a")
        await visit.wait_for(f"{LOADED} && location.href !== {json.dumps(address)}")
        depth += 1
        assert depth < 9
    await visit.wait_for("document.querySelector('.lines li') !== null")

    assert "receivedTimestamp" in await visit.text(".lines")
    assert "batch_id" in await visit.text(".facts")


async def test_sessions(visit, home):
    """A session with a gap is found, and its time line shows what is missing."""
    await visit.open(f"{home}/console/sessions")
    await visit.wait_for("document.querySelector('td.number .bad') !== null")
    await visit.evaluate(
        "document.querySelector('td.number .bad').closest('tr').querySelector('a').id = 'gap'; 0"
    )
    await visit.click("#gap")
    await visit.wait_for("document.querySelector('.gap') !== null")
    session = parse_qs(urlsplit(await visit.evaluate("location.href")).query)["session"]

    assert session[0] in await visit.text("h2")
    assert "1 missing" in await visit.text(".gap")


async def test_audit(visit, home):
    """The audit counts, and says that nothing was lost."""
    await visit.open(f"{home}/console/audit")
    await visit.write("input[name=settle]", "0m")
    await visit.click("form button.main")
    await visit.wait_for("document.querySelector('.verdict') !== null")

    assert "good" in await visit.evaluate("document.querySelector('.verdict').className")
    assert await visit.evaluate("document.querySelectorAll('[aria-label=Days] tbody tr').length")


async def test_overview(visit, home, pipeline):
    """The figures change by themselves."""
    await visit.open(f"{home}/console/overview")
    figure = (
        "Number(document.querySelector('[data-figure=accepted]').innerText.replaceAll(',', ''))"
    )
    before = await visit.evaluate(figure)
    pipeline.send([{"eventType": "counted"}] * 5, event_category="function")

    await visit.wait_for(f"{figure} >= {before + 5}")
