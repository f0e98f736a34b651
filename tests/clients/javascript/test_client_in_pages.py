"""The JavaScript client in pages of a real browser."""

import asyncio
import fcntl
import json

from aiohttp import web

from clients.drivers.page_server import LOADED, ORIGIN

PATIENT = {"flush_events": 400, "flush_seconds": 3600}


async def test_no_preflight(stage):
    """A page sends simple requests, and what it tracks arrives numbered without gaps."""
    page = await stage.open_page()
    told = await stage.drive(page, "track", type="t", count=250)
    left = await stage.drive(page, "flush", timeout=60)

    assert (250, 0) == (told["kept"], left["left"])
    assert list(range(250)) == stage.gateway.numbers()
    assert {"POST"} == {asked.method for asked in stage.gateway.asked}
    assert not any("Content-Type" in asked.headers for asked in stage.gateway.asked)
    indices = [event["eventIndex"] for asked in stage.gateway.asked for event in asked.events]
    assert list(range(250)) == sorted(indices)


async def test_hostile_text(stage):
    """Whatever text an event has arrives as it is."""
    text = "</script><!--\0\u2028\x7f\ud800 𝄞 '\"\\ __proto__"
    page = await stage.open_page()
    event = {"eventType": text, "eventAttributes": {"n": 0, text: text}}
    await page.evaluate(
        "import('/client/analytics.js').then(async ({ Analytics }) => {"
        f" const client = new Analytics({{ url: '{stage.url}', key: 'k', outbox: 'other' }});"
        f" await client.track(JSON.parse({json.dumps(json.dumps(event))}));"
        " return client.flush(60); })"
    )

    (asked,) = stage.gateway.asked
    assert event == {name: asked.events[0][name] for name in event}


async def test_two_tabs(stage):
    """Tabs share a session and an outbox; one of them sends at a time, and nothing twice."""
    pages = [await stage.open_page(flush_events=5) for _ in range(2)]

    async def slowly(_asked):
        await asyncio.sleep(0.02)
        return 200

    stage.gateway.rule = slowly
    for step in range(5):
        tracking = [
            stage.drive(page, "track", type="t", count=8, **{"from": 100 * tab + 8 * step})
            for tab, page in enumerate(pages)
        ]
        await asyncio.gather(*tracking)
    await asyncio.gather(*(stage.drive(page, "flush", timeout=60) for page in pages))

    assert [*range(40), *range(100, 140)] == stage.gateway.numbers()
    events = [event for asked in stage.gateway.asked for event in asked.events]
    assert {f"{events[0]['sessionId']}.{index}" for index in range(80)} == {
        event["eventId"] for event in events
    }
    assert 80 == len(events)
    assert 1 == stage.gateway.most_at_once


async def test_tab_dies_while_sending(stage):
    """What a closed tab was sending is sent by the next, under the same name."""
    first, second = [await stage.open_page(**PATIENT) for _ in range(2)]
    held = asyncio.Event()

    async def never(_asked):
        await held.wait()
        return 503

    stage.gateway.rule = never
    await stage.drive(first, "track", type="t", count=3)
    await stage.drive(first, "pause")
    await stage.until(lambda: stage.gateway.asked)
    await first.close()
    stage.gateway.rule = None
    left = await stage.drive(second, "flush", timeout=60)
    held.set()

    assert 0 == left["left"]
    assert 1 == len({asked.key for asked in stage.gateway.asked})
    assert [0, 1, 2] == stage.gateway.numbers()


async def test_page_is_left(stage):
    """What waits when a page is left is sent at once; the next page's batch is the same."""
    page = await stage.open_page(**PATIENT)
    for visit in range(3):
        await stage.drive(page, "track", type="t", count=2, **{"from": 2 * visit})
        await page.go(f"{ORIGIN}/empty")
        await stage.until(lambda sent=2 * visit + 2: len(stage.gateway.numbers()) == sent)
        await page.go(ORIGIN)
        await stage.start_client(page, **PATIENT)
    await stage.drive(page, "flush", timeout=60)

    assert [*range(6)] == stage.gateway.numbers()
    events = {
        event["eventId"]: asked.key for asked in stage.gateway.asked for event in asked.events
    }
    assert 6 == len(events)
    assert all(
        events[event["eventId"]] == asked.key
        for asked in stage.gateway.asked
        for event in asked.events
    )


async def test_offline_and_back(stage):
    """What was tracked offline goes out when the browser says that there is a network."""
    hour = {"retry_base_ms": 3_600_000, "retry_cap_ms": 3_600_000}
    page = await stage.open_page(flush_events=1, **hour)
    nothing = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await page.ask("Network.enable")
    await page.ask("Network.emulateNetworkConditions", offline=True, **nothing)
    await stage.drive(page, "track", type="t", count=3)
    await stage.until_told(page, lambda status: status.get("last_error"))
    assert [] == stage.gateway.asked
    await page.ask("Network.emulateNetworkConditions", offline=False, **nothing)

    await stage.until(lambda: [0, 1, 2] == stage.gateway.numbers())


async def test_browser_is_killed(stage):
    """What a page said to be kept outlives a kill of the browser, under its name."""

    async def refuse(_asked):
        return 503

    stage.gateway.rule = refuse
    for life in range(2):
        page = await stage.open_page(flush_events=3)
        await stage.drive(page, "track", type="t", count=4, **{"from": 4 * life})
        await stage.until(lambda: stage.gateway.asked)
        await stage.browser.kill()
        await stage.start_browser()
    stage.gateway.rule = None
    page = await stage.open_page()
    await stage.drive(page, "flush", timeout=60)

    assert [*range(8)] == stage.gateway.numbers()
    bodies = {(asked.key, json.dumps(asked.events)) for asked in stage.gateway.asked}
    assert len({asked.key for asked in stage.gateway.asked}) == len(bodies)


async def test_store_that_another_holds(stage):
    """Without IndexedDB events are in memory, said to be so, and move there once it opens."""

    async def refuse(_asked):
        return 503

    stage.gateway.rule = refuse
    await stage.open_page()
    await stage.browser.kill()
    (lock,) = stage.profile.glob("Default/IndexedDB/*.leveldb/LOCK")
    with lock.open("r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        await stage.start_browser()
        page = await stage.open_page(**PATIENT)
        told = await stage.drive(page, "track", type="t", count=3)
        status = await stage.drive(page, "status")
    durable = await stage.until_told(page, lambda status: status["durable"])
    later = await stage.drive(page, "track", type="t", count=2, **{"from": 3})
    await stage.browser.kill()
    await stage.start_browser()
    stage.gateway.rule = None
    page = await stage.open_page()
    await stage.drive(page, "flush", timeout=60)

    assert (3, False, 3) == (told["kept"], status["durable"], durable["waiting"])
    assert 5 == later["next"]
    assert [*range(5)] == stage.gateway.numbers()


async def test_store_is_deleted(stage):
    """When the page's data is deleted events go on in memory, and then in a new store."""
    page = await stage.open_page(**PATIENT)
    await stage.drive(page, "flush", timeout=60)
    await page.evaluate(
        "new Promise((done) => (indexedDB.deleteDatabase('analytics').onsuccess = () => done()))"
    )
    told = await stage.drive(page, "track", type="t", count=3)
    await stage.until_told(page, lambda status: status["durable"])
    later = await stage.drive(page, "track", type="t", count=2, **{"from": 3})
    left = await stage.drive(page, "flush", timeout=60)

    assert (3, 2, 0) == (told["kept"], later["kept"], left["left"])
    assert [*range(5)] == stage.gateway.numbers()


async def test_page_without_storage(stage):
    """A page that may store nothing sends what it tracks from memory."""
    page = await stage.browser.open_page(f"{ORIGIN}/alone")
    await stage.start_client(page)
    await stage.drive(page, "track", type="t", count=3)
    status = await stage.drive(page, "status")
    left = await stage.drive(page, "flush", timeout=60)

    assert (False, 0) == (status["durable"], left["left"])
    assert [0, 1, 2] == stage.gateway.numbers()


async def test_strict_policy(stage):
    """A page that allows nothing but its own scripts and the gateway has no need of more."""
    stage.pages.policy = f"default-src 'self'; connect-src 'self' {stage.url}; img-src data:"
    page = await stage.browser.open_page(ORIGIN)
    await page.evaluate(LOADED)
    await page.evaluate(
        "void (globalThis.refused = [], document.addEventListener('securitypolicyviolation',"
        " ({ violatedDirective }) => refused.push(violatedDirective)))"
    )
    await stage.start_client(page)
    await stage.drive(page, "track", type="t", count=3)
    await stage.drive(page, "flush", timeout=60)
    digest = await page.evaluate(
        "import('/client/upload.js').then(({ digestOf }) => digestOf(new Blob(['hello'])))"
    )

    assert [0, 1, 2] == stage.gateway.numbers()
    assert "XUFAKrxLKna5cZ2REBfFkg==" == digest
    assert [] == await page.evaluate("refused")


async def test_consent_withdrawn_in_a_tab(stage):
    """Consent that is withdrawn in a tab stops what another is sending, and deletes it."""
    first, second = [await stage.open_page(**PATIENT) for _ in range(2)]
    held = asyncio.Event()

    async def never(_asked):
        await held.wait()
        return 503

    stage.gateway.rule = never
    await stage.drive(first, "track", type="t", count=3)
    await stage.drive(first, "pause")
    await stage.until(lambda: stage.gateway.asked)
    await stage.drive(second, "consent", granted=False)
    status = await stage.drive(first, "status")
    told = await stage.drive(first, "track", type="t", count=1)
    held.set()
    await stage.drive(first, "flush", timeout=1)

    assert (0, 0) == (status["waiting"], told["kept"])
    assert 1 == len(stage.gateway.asked)


async def test_refused_key(stage):
    """A gateway that a page cannot read is tried again; the key is said to be suspect."""

    async def refuse(_asked):
        return web.json_response({"code": 400, "message": "API key not valid"}, status=400)

    stage.gateway.rule = refuse
    page = await stage.open_page()
    await stage.drive(page, "track", type="t", count=2)
    await stage.drive(page, "flush", timeout=0.2)
    status = await stage.until_told(page, lambda status: status.get("last_error"))
    assert (2, 0, False) == (status["waiting"], status["parked"], status["halted"])
    assert "key" in status["last_error"]

    stage.gateway.rule = None
    assert 0 == (await stage.drive(page, "flush", timeout=60))["left"]
