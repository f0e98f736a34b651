"""The figures as people read them: in the terminal and in the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analytics_commands.scale_test.report.figures import Figures
from analytics_commands.scale_test.report.load_figures import LoadFigures
from analytics_commands.scale_test.report.proof_figures import ProofFigures


@dataclass(frozen=True)
class Shown:
    """One figure: `name` for programs, `title` and `note` for people.

    `value` is None where it is not known; `digits` of it are shown after the decimal point.
    """

    name: str
    title: str
    value: float | None
    note: str = ""
    digits: int = 0

    @property
    def text(self) -> str:
        """The number with separators."""
        return "-" if self.value is None else f"{self.value:,.{self.digits}f}"


def list_figures(figures: Figures) -> list[Shown]:
    """Return the figures in the order in which people read them."""
    proof = figures.proof
    found = list(_of_load(figures.load))
    return found if proof is None else [*found, *_of_proof(proof, figures.load.accepted_events)]


def aligned(shown: Sequence[Shown]) -> list[str]:
    """Return the figures as lines of a terminal, their numbers right-aligned."""
    title = max(len(each.title) for each in shown)
    number = max(len(each.text) for each in shown)
    return [f"{x.title:{title}}  {x.text:>{number}}  {x.note}".rstrip() for x in shown]


def verdict(figures: Figures) -> str:
    """Return in a sentence what the test found."""
    load = figures.load
    if figures.proof is None:
        seen = f"{load.accepted_batches:,} of {load.batches:,} batches accepted"
        return f"NOT PROVEN: {seen}; whether they arrived is not known"
    if problems := figures.problems():
        return "FAILED: " + ", ".join(problems)
    return (
        f"PASSED: each of {load.accepted_events:,} accepted events is there exactly once,"
        " as it was sent"
    )


def name_findings(figures: Figures) -> list[str]:
    """Return a line for each event that is named, `kind id (note)`."""
    lines = []
    for kind in ("lost", "doubled", "altered") if figures.proof else ():
        finding = getattr(figures.proof, kind)
        lines += [f"{kind} {named.event} ({named.note})" for named in finding.first]
        if finding.count > len(finding.first):
            lines.append(f"… {finding.count - len(finding.first):,} more {kind}")
    return lines


def describe_load(load: LoadFigures) -> str:
    """Return what was to be sent, and how."""
    how = f"by {load.pool_size:,} clients" if load.rate is None else f"{load.rate:g} a second"
    return f"{load.batches:,} batches of {load.batch_size:,}, {how}"


def _of_load(load: LoadFigures) -> Iterator[Shown]:
    failed, given_up = load.failed_attempts, load.never_acknowledged
    yield Shown("accepted_batches", "batches accepted", load.accepted_batches, describe_load(load))
    yield Shown("accepted_events", "events accepted", load.accepted_events)
    yield Shown("seconds", "seconds until the last answer", load.seconds, digits=2)
    yield Shown("batches_per_second", "batches a second", load.batches_per_second, digits=1)
    yield Shown("events_per_second", "events a second", load.events_per_second, digits=1)
    for name, value in load.latency_ms.items():
        yield Shown(f"latency_ms_{name}", f"latency {name}, ms", value, digits=1)
    yield Shown("failed_attempts", "failed attempts", sum(failed.values()), _by_status(failed))
    lost_hope = sum(given_up.values())
    yield Shown("never_acknowledged", "never acknowledged", lost_hope, _by_status(given_up))
    if load.unanswered:
        note = "under way when it ended; may be stored"
        yield Shown("unanswered", "batches unanswered", load.unanswered, note)
    yield Shown("not_sent", "batches not sent", load.not_sent)
    for seconds, users in load.concurrent_users.items():
        note = f"when each sends a batch every {seconds} s"
        yield Shown(f"concurrent_users_{seconds}", "concurrent users", users, note)


def _of_proof(proof: ProofFigures, accepted: int) -> Iterator[Shown]:
    lag = proof.seconds_until_queryable
    note = "not in the time given" if lag is None else "from the last answer to the last event"
    yield Shown("objects", "objects in Cloud Storage", proof.objects)
    yield Shown("unacknowledged_objects", "objects without a receipt", proof.unacknowledged_objects)
    yield Shown("objects_of_another_size", "of another size", proof.objects_of_another_size)
    yield Shown("seconds_until_queryable", "seconds until queryable", lag, note, digits=2)
    yield Shown("exactly_once", "events exactly once", proof.exactly_once, f"of {accepted:,}")
    yield Shown("lost", "events lost", proof.lost.count)
    yield Shown("doubled", "events doubled", proof.doubled.count)
    yield Shown("altered", "events altered", proof.altered.count)
    yield Shown("strangers", "rows of no event sent", proof.strangers)
    yield Shown("seen_without_receipt", "events without a receipt", proof.seen_without_receipt)


def _by_status(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in counts.items())
