"""One scenario's world: a proxy, the lives of a client, and what the client said it kept."""

import itertools
import time
import uuid
from pathlib import Path

from conformance.attempt_promises import check_attempts, check_retries
from conformance.broken import Broken
from conformance.driver import Driver, Refusal
from conformance.proxy import Proxy
from conformance.row_promises import check_rows, check_stored
from conformance.warehouse_rows import Rows

FLUSH_SECONDS = 90.0
_POLL_SECONDS = 0.05
_OPTIONS = {"flush_events": 20, "flush_seconds": 0.2, "retry_base_ms": 50, "retry_cap_ms": 1000}


class World:
    """Where a client lives; each event has a number `n` of its own.

    `kept` are the numbers that the client said are on its disk; `perhaps` those of commands that
    it did not live to answer; of `tracked` events it said that it had `dropped` some.
    """

    def __init__(self, command, variables, folder):
        self.environment = f"client-{uuid.uuid4().hex[:16]}"
        self.folder = Path(folder) / "outbox"
        self.folder.mkdir(parents=True)
        self.proxy = Proxy(variables["ANALYTICS_URL"], variables["STORAGE_EMULATOR_HOST"])
        self.rows = Rows(variables, self.environment)
        self.variables = variables
        self.kept, self.perhaps = set(), set()
        self.tracked = self.dropped = 0
        self.is_shared = False
        self.driver = None
        self._command, self._log = command, Path(folder) / "stderr"
        self._numbers = itertools.count()
        self._lives = []
        self._asked = {}
        self._is_over = False

    def __enter__(self):
        self.proxy.__enter__()
        return self

    def __exit__(self, *_):
        self.end()
        self.proxy.__exit__()
        self.rows.close()

    def end(self):
        """Kill whatever lives here, and let nothing begin to."""
        self._is_over = True
        for driver in list(self._lives):
            driver.kill()

    def open(self, **options):
        """Begin a life on the folder; returns the answer to `open`."""
        self.driver, told = self.another(**options)
        return told

    def another(self, **options):
        """Begin one more life beside those that there are; returns (its driver, the answer)."""
        self.proxy.life += 1
        driver = Driver(self._command, self._log)
        self._lives.append(driver)
        if self._is_over:
            driver.kill()
        told = driver.ask(
            "open",
            url=self.proxy.url,
            key=self.variables["API_KEY"],
            category="function",
            folder=str(self.folder),
            environment=self.environment,
            options=_OPTIONS | options,
        )
        return driver, told

    def set_clock(self, seconds):
        """Set the clock that the client believes in so far ahead."""
        self.driver.ask("clock", ahead=seconds)

    def track(self, count=1, *, event_type="t", pad=0, driver=None):
        """Track events and wait until they are kept; returns the answer."""
        driver = driver or self.driver
        self.begin_track(count, event_type=event_type, pad=pad, driver=driver)
        return self.end_track(driver=driver)

    def begin_track(self, count=1, *, event_type="t", pad=0, driver=None):
        """Ask for events to be tracked; they are kept or not, until there is an answer."""
        driver = driver or self.driver
        numbers = list(itertools.islice(self._numbers, count))
        self.perhaps.update(numbers)
        self._asked[driver] = numbers
        driver.begin("track", type=event_type, count=count, **{"from": numbers[0]}, pad=pad)

    def end_track(self, *, driver=None):
        """Wait for the answer to `begin_track`."""
        driver = driver or self.driver
        numbers = self._asked.pop(driver)
        try:
            told = driver.answer()
        except Refusal:
            self.perhaps.difference_update(numbers)
            raise
        self.tracked += len(numbers)
        self.dropped += told["dropped"]
        if told["kept"] + told["dropped"] not in {0, len(numbers)}:
            raise Broken(
                f"of {len(numbers)} events it says that it kept {told['kept']}"
                f" and dropped {told['dropped']}"
            )
        if told["kept"] == len(numbers):
            self.kept.update(numbers)
        if told["kept"] in {0, len(numbers)}:
            self.perhaps.difference_update(numbers)
        return told

    def flush(self, *, driver=None):
        """Flush, and expect that nothing is left."""
        driver = driver or self.driver
        before = len(self.proxy.of_kind())
        driver.begin("flush", timeout=FLUSH_SECONDS)
        while not driver.has_answered():
            self.proxy.wait_for(driver.has_answered, _POLL_SECONDS)
            check_retries(self.proxy.of_kind()[before:])
        told = driver.answer()
        if told["left"]:
            raise Broken(
                f"after {FLUSH_SECONDS:g} s of `flush` {told['left']} events are left;"
                f" the last attempts: {', '.join(map(str, self.proxy.of_kind()[-3:])) or 'none'}"
            )

    def close(self):
        """End the life as a user would; returns the answer."""
        told, code = self.driver.close()
        if code != 0:
            raise Broken(f"after `close` it ended with exit code {code}, not 0")
        return told

    def kill(self, *, driver=None):
        """End a life at once: kill -9."""
        (driver or self.driver).kill()

    def status(self, **expected):
        """Return what the driver says of itself; raises Broken where it is not as expected."""
        told = self.driver.ask("status")
        wrong = {name: told[name] for name, value in expected.items() if told[name] != value}
        if wrong:
            raise Broken(f"status says {wrong}, but expected is {expected}")
        return told

    def wait_until(self, holds):
        """Wait until what the driver says of itself holds; returns what it says then."""
        deadline = time.monotonic() + FLUSH_SECONDS
        while not holds(told := self.driver.ask("status")) and time.monotonic() < deadline:
            self.proxy.wait_for(lambda: False, _POLL_SECONDS)
        return told

    def wait_for_attempts(self, count):
        """Wait until there were so many attempts with events."""
        if not self.proxy.wait_for(lambda: len(self.proxy.of_kind()) >= count):
            raise Broken(f"it made {len(self.proxy.of_kind())} attempts, not {count}")

    def check(self, *, are_gone=True, may_have_gaps=False):
        """Check all promises: each kept event is one row, and all that was sent was sent rightly.

        `are_gone` is whether nothing is left in the outbox.
        """
        attempts = self.proxy.of_kind()
        check_attempts(attempts, are_gone=are_gone, is_shared=self.is_shared)
        promised = self.kept if are_gone else set()
        rows = self.rows.wait(check_stored(attempts, promised))
        check_rows(rows, promised, self.kept | self.perhaps, may_have_gaps=may_have_gaps)
        return rows

    def stored(self):
        """Return how many events the pipeline has stored."""
        return check_stored(self.proxy.of_kind(), set())

    def check_log(self):
        """Check that the driver did not write down the API key [P4]."""
        if self.variables["API_KEY"] in self._log.read_text(errors="replace"):
            raise Broken("the API key is in what it logs")
