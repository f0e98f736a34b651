"""The figures as people read them: in the terminal and in the report."""

from collections.abc import Mapping

from analytics_commands.scale_test.report.figures import Figures


def verdict(figures: Figures) -> str:
    """Return in a sentence what the test found."""
    if problems := figures.problems():
        return "FAILED: " + ", ".join(problems)
    return (
        f"PASSED: each of {figures.accepted_events:,} accepted events is there exactly once,"
        " as it was sent"
    )


def name_findings(figures: Figures) -> list[str]:
    """Return a line for each event that is named, `kind id (note)`."""
    lines = []
    for kind in ("lost", "doubled", "altered"):
        finding = getattr(figures, kind)
        lines += [f"{kind} {named.event} ({named.note})" for named in finding.first]
        if finding.count > len(finding.first):
            lines.append(f"… {finding.count - len(finding.first):,} more {kind}")
    return lines


def describe_load(figures: Figures) -> str:
    """Return how batches were sent."""
    if figures.rate is None:
        return f"by {figures.pool_size} clients"
    return f"started {figures.rate:g} a second, on schedule"


def describe(figures: Figures) -> list[dict[str, str]]:
    """Return the rows of the table of figures."""
    lag = figures.seconds_until_queryable
    texts = {
        "accepted": f"{figures.accepted_batches:,} batches, {figures.accepted_events:,} events"
        f" in {figures.seconds:,.2f} s, {describe_load(figures)}",
        "batches a second": f"{figures.batches_per_second:,.1f}",
        "events a second": f"{figures.events_per_second:,.1f}",
        "latency in ms": ", ".join(f"{n} {value:,.1f}" for n, value in figures.latency_ms.items()),
        "failed attempts, by status": _by_status(figures.failed_attempts),
        "batches never acknowledged": _by_status(figures.never_acknowledged)
        + (f"; {figures.not_sent:,} not sent" if figures.not_sent else ""),
        "objects in Cloud Storage": f"{figures.objects:,},"
        f" of them {figures.unacknowledged_objects:,} unacknowledged"
        f" and {figures.objects_of_another_size:,} of another size",
        "last answer to last event queryable": "not in the time given"
        if lag is None
        else f"{lag:.2f} s",
        "events exactly once": f"{figures.exactly_once:,} of {figures.accepted_events:,} accepted",
        "lost, doubled, altered": f"{figures.lost.count:,}, {figures.doubled.count:,},"
        f" {figures.altered.count:,}",
        "events without a receipt": f"{figures.seen_without_receipt:,}",
    }
    for seconds, users in figures.concurrent_users.items():
        texts[f"at {seconds} seconds per player"] = f"this is {users:,} concurrent users"
    return [{"figure": name, "value": text} for name, text in texts.items()]


def _by_status(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in counts.items()) or "none"
