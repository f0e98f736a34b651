"""What a run came to, for people and as JSON."""

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from analytics_soak.client_receipts import Receipt, Wrong
from analytics_soak.samples import Growth

_SHOWN = 20
_PARTS = 3


@dataclass(frozen=True)
class Summary:
    """A run: what was sent and answered, done to the pipeline, found wrong, and measured.

    `latencies` are (when, seconds) of answers.
    """

    seed: int
    minutes: float
    receipts: list[Receipt]
    kills: Counter[str]
    faults: Counter[str]
    wrong: list[Wrong]
    audit: tuple[int, str]
    growths: list[Growth]
    latencies: list[tuple[float, float]]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong and self.audit[0] == 0 and all(g.is_flat for g in self.growths)

    def record(self) -> dict[str, Any]:
        """Return all of it by name."""
        found = Counter(wrong.what for wrong in self.wrong)
        attempts = Counter(status for receipt in self.receipts for status in receipt.statuses)
        return {
            "seed": self.seed,
            "minutes": round(self.minutes, 1),
            "requests": len(self.receipts),
            "sent_again": attempts.total() - len(self.receipts),
            "answers": {str(status or "none"): n for status, n in sorted(attempts.items())},
            "events_sent": sum(len(receipt.batch.places) for receipt in self.receipts),
            "events_accepted": sum(
                len(receipt.batch.places) for receipt in self.receipts if receipt.accepted
            ),
            "kills": dict(self.kills),
            "faults": dict(sorted(self.faults.items())),
            **{what: found[what] for what in ("lost", "doubled", "unsent", "answer")},
            "audit": self.audit[1].strip().splitlines()[-2:],
            "growth": [
                {
                    "process": each.role,
                    "seconds": round(each.seconds),
                    "memory_mb": [round(mb) for mb in each.memory],
                    "memory": f"{each.share:+.1%}",
                    "handles": [round(number) for number in each.handles],
                    "flat": each.is_flat,
                }
                for each in self.growths
            ],
            "latency_ms": self._latency(),
            "passed": self.passed,
        }

    def _latency(self) -> list[dict[str, int]]:
        """Return median and 99th percentile of the answers in ms, by parts of the run."""
        seconds = [each for _, each in sorted(self.latencies)]
        size = max(2, -(-len(seconds) // _PARTS))
        parts = (seconds[start : start + size] for start in range(0, len(seconds), size))
        quantiles = [statistics.quantiles(part, n=100) for part in parts if len(part) > 1]
        return [{"p50": round(1000 * q[49]), "p99": round(1000 * q[98])} for q in quantiles]

    def text(self) -> str:
        """Return it for people."""
        record = {**self.record(), "growth": list(map(str, self.growths))}
        lines = [f"{name.replace('_', ' ')}: {_words(value)}" for name, value in record.items()]
        lines[-1] = "passed" if self.passed else "FAILED"
        wrong = [f"  {each.what} {each.tag}: {each.detail}" for each in self.wrong[:_SHOWN]]
        audit = [] if self.audit[0] == 0 else [self.audit[1]]
        return "\n".join([*audit, *wrong, *lines])


def _words(value: object) -> str:
    """Return a value of a record without brackets."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_words, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
