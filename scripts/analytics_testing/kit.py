"""What a test asks of the pipeline, in an environment of its own."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlencode

from analytics_testing.fault_words import read_faults
from analytics_testing.local_http import LocalHttp
from analytics_testing.wanted_values import wanted

_WITHIN = 5.0
_OK = 200

Match = dict[str, Any]


class Clock:
    """The clock of the pipeline's services, which a test may set ahead."""

    def __init__(self, kit: "Analytics") -> None:
        self._kit = kit

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Set the clock ahead until the test's end: objects, signatures and buffers are older."""
        self._kit.ahead += (days * 24 + hours) * 3600 + seconds
        self._kit.set_faults()


class Analytics:
    """The pipeline as one test sees it: `url` and `key` for its game, and its own `environment`.

    Each expectation is judged where it stands. It waits `within` so many seconds, returns what it
    found, and raises AssertionError with what came instead.
    """

    def __init__(self, variables: Mapping[str, str], environment: str) -> None:
        self.url, self.key = variables["ANALYTICS_URL"], variables["API_KEY"]
        self.environment = environment
        self.clock = Clock(self)
        self.ahead = 0.0
        self._variables = variables
        self._http = LocalHttp(self.url)
        self._faults: list[Mapping[str, Any]] = []
        self._since = 0
        self.reset()

    def post(self, events: object, category: str = "function", **parameters: str) -> Match:
        """Send events as a game would, or bytes as they are; returns the answer, which is 200."""
        __tracebackhide__ = True
        labels = {"analytics_environment": self.environment, "event_category": category}
        query = urlencode({"key": self.key, **labels, **parameters})
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        status, answer = self._http.send("POST", f"/v1/event?{query}", body)
        if status != _OK:
            raise AssertionError(f"the events were refused: {status} {answer}")
        return dict(answer)

    def expect(
        self,
        event_type: str,
        *,
        count: int | None = None,
        at_least: int | None = None,
        within: float = _WITHIN,
        exactly_once: bool = False,
        attributes: Mapping[str, object] | None = None,
        **columns: object,
    ) -> list[Match]:
        """Expect events of a type, one or more, whose fields are as given; returns them.

        With `exactly_once` it is waited until nothing is pending, so that one more would be seen.
        """
        __tracebackhide__ = True
        where = {**columns, **(attributes or {})}
        counts = {"count": count, "at_least": at_least, "exactly_once": exactly_once}
        return self._expect(
            "/expect",
            within,
            event_type=event_type,
            where={name: wanted(name, value) for name, value in where.items()},
            **{name: value for name, value in counts.items() if value is not None},
        )

    def expect_session(
        self,
        session_id: str,
        indexes: Iterable[int],
        *,
        in_order: bool = False,
        within: float = _WITHIN,
    ) -> list[Match]:
        """Expect an event of each index, once, and of no other; returns those of the session."""
        __tracebackhide__ = True
        asked = {"session_id": session_id, "indexes": list(indexes), "in_order": in_order}
        return self._expect("/expect/session", within, **asked)

    def expect_file(
        self,
        category: str = "",
        *,
        bytes_like: bytes = b"*",
        file_parent: str = "",
        file_child: str = "",
        within: float = _WITHIN,
    ) -> list[Match]:
        """Expect a file that was uploaded; in `bytes_like`, `*` is any bytes. Returns objects."""
        __tracebackhide__ = True
        place = {"category": category, "file_parent": file_parent, "file_child": file_child}
        like = bytes_like.decode("latin-1")
        return self._expect("/expect/file", within, bytes_like=like, **place)

    def expect_no_dead_letters(
        self, *, except_: Collection[str] = (), within: float = _WITHIN
    ) -> None:
        """Expect that each event became a row, but for those with one of these reasons."""
        __tracebackhide__ = True
        self._expect_none("dead_letters", except_, within)

    def expect_no_refused_requests(
        self, *, except_: Collection[int] = (), within: float = _WITHIN
    ) -> None:
        """Expect that no request was refused since the test began, but with these statuses.

        That includes those with a wrong key, or without an environment: nobody knows whose.
        """
        __tracebackhide__ = True
        self._expect_none("refused_requests", map(str, except_), within)

    def expect_no_unknown_fields(
        self, *, except_: Collection[str] = (), within: float = _WITHIN
    ) -> None:
        """Expect that events have no top-level fields but columns, and these."""
        __tracebackhide__ = True
        self._expect_none("unknown_fields", except_, within)

    def wait_until_idle(self, within: float = _WITHIN) -> None:
        """Wait until each event of the test has come where it goes."""
        __tracebackhide__ = True
        self._expect("/wait", within, until={"idle": True})

    def seen(self, what: Literal["good", "bad"], limit: int = 100) -> list[Match]:
        """Return the newest good or bad of what the test sent."""
        asked = {"environment": self.environment, "limit": limit, "since": self._since}
        query = urlencode(asked)
        return list(self._http.ask("GET", f"/{what}?{query}"))

    @contextmanager
    def faults(
        self, *others: Mapping[str, Any], times: int | None = None, seed: int = 0, **words: float
    ) -> Iterator[None]:
        """Let faults happen meanwhile: `gateway_503=0.3`, `lost_answers=0.1`, `deliver_twice=1`.

        Each at most `times` times; its dice are thrown by `seed`, so they fall as the last time.
        `others` are faults as the local cloud's API takes them.
        """
        dice = {"times": times, "seed": seed}
        on = [{**fault, **dice} for fault in read_faults(words, self.environment)] + [*others]
        self._faults += on
        try:
            self.set_faults()
            yield
        finally:
            self._faults = [
                fault for fault in self._faults if not any(fault is each for each in on)
            ]
            self.set_faults()

    def sql(self, query: str, **parameters: str | float) -> list[Match]:
        """Return the rows of a query; `@environment` is the test's, `parameters` are others."""
        from analytics_testing.rows_by_sql import query_rows  # noqa: PLC0415 - takes a second

        return query_rows(self._variables, query, {"environment": self.environment, **parameters})

    def reset(self) -> None:
        """Forget what the test sent, end all faults, set the clock back; what is stored stays."""
        self._faults, self.ahead = [], 0.0
        asked = {"environment": self.environment}
        self._since = int(self._http.ask("POST", "/reset", asked)["revision"])

    def set_faults(self) -> None:
        """Tell the pipeline the faults that are on, and the clock."""
        shift = [{"do": "shift", "at": "clock", "seconds": self.ahead}] * bool(self.ahead)
        self._http.ask("PUT", "/faults", {"faults": [*self._faults, *shift]})

    def _expect(self, path: str, within: float, **asked: object) -> list[Match]:
        __tracebackhide__ = True
        of_test = {"environment": self.environment, "since": self._since}
        body = {**of_test, "within": within, **asked}
        return list(self._http.ask("POST", path, body, within).get("matches", ()))

    def _expect_none(self, what: str, but: Iterable[str], within: float) -> None:
        __tracebackhide__ = True
        self._expect("/expect/none", within, what=what, **{"except": [*but]})
