"""Exchanges put together: what became of each event that a client sent.

Nobody says so in one place: the gateway's answer names the batch, the storage is told the batch of
an object, a row has its batch and line. They come in any order.
"""

from typing import Any
from urllib.parse import parse_qs, unquote

from analytics_local_cloud.journal.described_events import describe, read_whole
from analytics_local_cloud.journal.exchanges import Exchange
from analytics_local_cloud.journal.gateway_answers import idempotency_key, read_answer, why_broken
from analytics_local_cloud.journal.kept_traces import KeptTraces
from analytics_local_cloud.journal.known_batches import Batch, Batches
from analytics_local_cloud.journal.rates import Tally
from analytics_local_cloud.journal.sent_events import split_sent
from analytics_local_cloud.journal.trace_forms import Kind, State, Trace
from analytics_local_cloud.journal.written_rows import (
    LETTERS,
    Written,
    complete,
    readable_rows,
    size_of,
    written_rows,
)

_EVENT_COUNT = "x-goog-meta-event_count"
_OK = 200
_NO_FAULT_OF_CLIENTS = 500
_MOST_BYTES_SHOWN = 1_000
_LONGEST_SECONDS = 5  # of a request, usually
_NO_ANSWER = "its request got no answer"


class Joining:
    """Makes traces of exchanges, and keeps the last ones."""

    def __init__(self) -> None:
        self._batches = Batches()
        self._whole_since = 0.0
        self.kept = KeptTraces()
        self.tally = Tally()

    @property
    def is_waiting(self) -> bool:
        """Whether there may soon be traces of a batch although its request is not heard."""
        return self._batches.is_waiting

    def take(self, exchange: Exchange) -> None:
        """Learn from an exchange."""
        match exchange.place:
            case "gateway":
                self._sent(exchange)
            case "storage":
                self._stored(exchange)
            case "warehouse":
                for written in written_rows(exchange):
                    self._written(written)

    def take_rows(self, table: str, rows: list[dict[str, Any]], at: float) -> None:
        """Learn from rows of a table."""
        for written in readable_rows(table, rows, at):
            self._written(written)

    def missed(self, until: float) -> None:
        """Learn that nothing was heard until then: requests of what was sent before are missed."""
        self._whole_since = until + _LONGEST_SECONDS

    def make_unasked(self, now: float) -> None:
        """Make the traces of batches whose requests were not heard, or not answered."""
        for batch in self._batches.unasked(now):
            batch.is_known = True
            at = batch.stored_at or batch.written[0].received
            lines = batch.lines if at > self._whole_since else []
            for line in lines:
                kind: Kind = "event" if line else "bytes"
                trace = Trace(kind, "stored", at, 0, batch.labels, line=line, reason=_NO_ANSWER)
                self._keep(trace, batch)
            self._complete(batch)

    def forget(self, environment: str = "") -> None:
        """Forget the traces of an environment, or all."""
        if not environment:
            self._batches.clear()
        for trace in self.kept.clear(environment):
            self._batches.drop(trace)

    def _sent(self, exchange: Exchange) -> None:
        answer, key = read_answer(exchange), idempotency_key(exchange)
        batch_id = str(answer.get("batch_id", ""))
        if exchange.status == _OK and batch_id:
            self._sent_batch(exchange, self._batches.of(batch_id), int(answer["event_count"]))
        elif exchange.status == _OK and "signed_url" in answer:
            name = str(answer.get("object", ""))
            self._keep(_trace(exchange, "file", "issued", object_name=name))
        else:
            reason = str(answer.get("message") or answer.get("error") or "") or why_broken(exchange)
            self._keep(_trace(exchange, "refused", "refused", reason=reason))
            is_failure = exchange.status in {0, _OK} or exchange.status >= _NO_FAULT_OF_CLIENTS
            self.tally.add("failed" if is_failure else "refused", exchange.ended)
            if key and is_failure:
                self._batches.failed(key, exchange.began)

    def _sent_batch(self, exchange: Exchange, batch: Batch, count: int) -> None:
        if batch.is_known:
            self._keep(_trace(exchange, "repeat", "repeated", batch_id=batch.batch_id))
            for trace in batch.traces.values():
                trace.times_sent += 1
                self.kept.changed(trace)
            return
        texts = split_sent(exchange.body, count) or [""] * count
        if not count:
            texts = [exchange.body[:_MOST_BYTES_SHOWN].decode(errors="replace")]
        batch.is_known = True
        began, tries = self._batches.tries(idempotency_key(exchange), exchange.began)
        for line, text in enumerate(texts, 1 if count else 0):
            known = {"sent": text, "line": line, "times_sent": 1 + tries}
            trace = _trace(exchange, "event" if count else "bytes", "stored", began, **known)
            describe(trace)
            self._keep(trace, batch)
        self.tally.add("accepted", exchange.ended, len(texts))
        self._complete(batch)

    def _stored(self, exchange: Exchange) -> None:
        batch_id = exchange.headers.get("x-goog-meta-batch_id")
        if batch_id and exchange.status == _OK:
            batch = self._batches.of(batch_id)
            batch.object_name = unquote(exchange.path).partition("/")[2].partition("/")[2]
            batch.event_count = read_whole(exchange.headers.get(_EVENT_COUNT, "")) or 0
            batch.stored_at = exchange.ended
            self._batches.heard(batch, exchange.ended)
            for trace in batch.traces.values():
                _place(trace, batch)
                self.kept.changed(trace)

    def _written(self, written: Written) -> None:
        batch = self._batches.of(written.batch_id)
        self.tally.add("letters" if written.table == LETTERS else "rows", written.at)
        if not batch.is_known:
            batch.written.append(written)
            self._batches.heard(batch, written.at)
        self._became(batch, written)

    def _complete(self, batch: Batch) -> None:
        """Tell the traces of a batch what was known before them."""
        if batch.object_name:
            for trace in batch.traces.values():
                _place(trace, batch)
        for written in batch.written:
            self._became(batch, written)
        batch.written = []

    def _became(self, batch: Batch, written: Written) -> None:
        for trace in batch.of_line(written.line):
            grown = 0 if trace.row or trace.letter else 2 * size_of(written.row)
            complete(trace, written)
            trace.hops.loaded = _since(trace, written.at)
            if written.made is not None:
                trace.hops.made = _since(trace, written.made)
            self.kept.changed(trace, grown)

    def _keep(self, trace: Trace, batch: Batch | None = None) -> None:
        trace.size += len(trace.sent)
        if batch:
            trace.batch_id = batch.batch_id
            batch.traces[trace.line] = trace
        if trace.state in {"repeated", "issued"}:
            self.tally.add(trace.state, trace.at)
        for dropped in self.kept.add(trace):
            self._batches.drop(dropped)


def _trace(
    exchange: Exchange,
    kind: Kind,
    state: State,
    began: float = 0.0,
    **known: Any,  # noqa: ANN401
) -> Trace:
    query = parse_qs(exchange.query)
    environment = query.get("analytics_environment", ["development"])[0]
    category = query.get("event_category", ["cold"])[0]
    at = began or exchange.began
    trace = Trace(kind, state, at, exchange.status, (environment, category), **known)
    trace.request = f"{exchange.method} {exchange.path}?{exchange.query}".rstrip("?")
    trace.hops.answered = _since(trace, exchange.ended)
    return trace


def _place(trace: Trace, batch: Batch) -> None:
    trace.object_name = batch.object_name
    trace.hops.stored = _since(trace, batch.stored_at)


def _since(trace: Trace, at: float) -> float:
    return round((at - trace.at) * 1000, 1)
