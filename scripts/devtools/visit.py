"""Somebody at a page: what they see, click and type, and what the page does meanwhile."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from devtools.chromium import Chromium, Page, PageError, Told

PATIENCE_SECONDS = 60.0
_WIDEST_PHONE = 480
_DOMAINS = ("Page", "Runtime", "Log", "Network")
_DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowUp": 38, "ArrowDown": 40}
_CONTROL, _SHIFT = 2, 8
_TEXTS = {"Enter": "\r", " ": " "}


class Visit:
    """A tab, as a person has it before them.

    `complaints` are errors and warnings of the console, what the policy of the page refused, and
    dialogs; `requests` all URLs that were asked for; `received` bytes that came, but for streams.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.received = 0
        self._answers: set[asyncio.Task[Told]] = set()
        self._streams: set[str] = set()
        self._loaded: set[str] = set()  # documents, by the ids of their loaders
        self._news = asyncio.Event()

    @classmethod
    async def begin(cls, browser: Chromium) -> Self:
        """Open a tab."""
        visit = cls(await browser.open_page())
        visit.page.listen(visit._hear)
        for domain in _DOMAINS:
            await visit.page.ask(f"{domain}.enable")
        await visit.page.ask("Page.setLifecycleEventsEnabled", enabled=True)
        await visit.page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        return visit

    async def open(
        self,
        url: str,
        width: int = 1280,
        height: int = 900,
        *,
        dark: bool = False,
        scripts: bool = True,
    ) -> None:
        """Load a page with all that belongs to it, in a window of that size, and see it drawn."""
        await self.page.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width <= _WIDEST_PHONE,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.page.ask("Emulation.setEmulatedMedia", features=[scheme])
        await self.page.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        async with asyncio.timeout(PATIENCE_SECONDS):
            document = await self.page.go(url)
            await self._until(lambda: document in self._loaded)
            if scripts:
                await self.page.evaluate(_DRAWN)

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a script's expression is, or resolves to."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.page.evaluate(expression)

    async def wait_for(self, condition: str) -> Any:  # noqa: ANN401 - any JSON
        """Wait, over loads of pages, until a script's expression is true; returns it.

        It is asked anew for each frame that is drawn. Raises TimeoutError with what is seen.
        """
        asking = (
            "new Promise((done) => { const look = () => { let found;"
            f" try {{ found = ({condition}); }} catch {{ found = false; }}"
            " if (found) done(found); else requestAnimationFrame(look); }; look(); })"
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    try:
                        return await self.page.evaluate(asking)
                    except PageError as exc:
                        if not _is_gone(exc):
                            raise
        except TimeoutError:
            seen = (await self.text("body"))[:2000]
            raise TimeoutError(f"never came true: {condition}\n{self.complaints}\n{seen}") from None

    async def hears(self, words: str) -> None:
        """Wait until a complaint has these words."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._until(lambda: any(words in complaint for complaint in self.complaints))

    async def text(self, selector: str = "main") -> str:
        """Return the text of an element, as it is seen."""
        return str(await self.evaluate(f"{_element(selector)}.innerText"))

    async def click(self, selector: str) -> None:
        """Click on the middle of an element, once it is there and stays where it is."""
        x, y = await self.wait_for(
            f"(() => {{ const element = {_element(selector)};"
            " if (document.readyState !== 'complete') return false;"
            " element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });"
            " const box = element.getClientRects()[0];"
            " const now = [box.x + box.width / 2, box.y + box.height / 2];"
            " const before = element.seenAt; element.seenAt = String(now);"
            " return before === String(now) && now; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            at = {"x": x, "y": y, "button": "left", "clickCount": 1}
            await self.page.ask("Input.dispatchMouseEvent", type=kind, **at)

    async def write(self, selector: str, text: str) -> None:
        """Put the cursor into a field, and write in place of what it holds."""
        await self.wait_for(f"{_element(selector)} !== null")
        await self.evaluate(
            f"(() => {{ const field = {_element(selector)}; field.focus(); field.select(); }})()"
        )
        await self.page.ask("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False, control: bool = False) -> None:
        """Press a key: one with a name, or a character."""
        code, held = _KEYS.get(key, ord(key.upper()[0])), _SHIFT * shift + _CONTROL * control
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": held}
        text = _TEXTS.get(key, key if len(key) == 1 else "")
        kind = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.page.ask("Input.dispatchKeyEvent", **kind, **pressed)
        await self.page.ask("Input.dispatchKeyEvent", type="keyUp", **pressed)

    async def choose_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Choose files in a field for them."""
        found = await self.page.ask("Runtime.evaluate", expression=_element(selector))
        await self.page.ask(
            "DOM.setFileInputFiles",
            files=[str(path) for path in paths],
            objectId=found["result"]["objectId"],
        )

    async def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        told = await self.page.ask("Page.captureScreenshot", format="png", optimizeForSpeed=False)
        return b64decode(told["data"])

    async def end(self) -> None:
        """Close the tab."""
        await self.page.close()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard makes a condition true."""
        while not condition():
            self._news.clear()
            await self._news.wait()

    def _hear(self, method: str, told: Told) -> None:
        self._news.set()
        match method:
            case "Page.lifecycleEvent" if told["name"] == "load":
                self._loaded.add(told["loaderId"])
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Network.responseReceived" if told["type"] == "EventSource":
                self._streams.add(told["requestId"])
            case "Network.dataReceived" if told["requestId"] not in self._streams:
                self.received += told["dataLength"]
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "warning", "assert"}:
                self.complaints.append(f"{told['type']}: {json.dumps(told['args'])}")
            case "Runtime.exceptionThrown":
                self.complaints.append(f"thrown: {json.dumps(told['exceptionDetails'])}")
            case "Log.entryAdded" if told["entry"]["level"] in {"error", "warning"}:
                entry = told["entry"]
                self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url')}")
            case "Page.javascriptDialogOpening":
                self.complaints.append(f"dialog: {told['message']}")
                closing = self.page.ask("Page.handleJavaScriptDialog", accept=False)
                task = asyncio.ensure_future(closing)
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)


def _element(selector: str) -> str:
    """Return the expression for the first element that a selector finds."""
    return f"document.querySelector({json.dumps(selector)})"


def _is_gone(exc: PageError) -> bool:
    """Tell that the page which was asked made way for another one."""
    return any(words in str(exc) for words in ("navigated", "context", "Inspected target"))
