"""All that can be chosen, with its unit and its limits."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from analytics_pipeline_client.reports import Report, log_report


@dataclass(frozen=True)
class Options:
    """What a client does; times are seconds, sizes are bytes.

    Raises `ValueError`, naming each option that is out of its limits.
    """

    category: str = "function"
    environment: str = "development"
    consent: bool | Literal["pending"] = True
    session_timeout: float = 0  # a restart within it resumes the session; 0: never
    keep_each: bool = False  # whether `track` waits until its event is on disk

    max_bytes: int = 50_000_000  # of the outbox; what comes then is dropped, and counted
    max_event_bytes: int = 256_000
    flush_events: int = 100
    flush_seconds: float = 10
    flush_bytes: int = 256_000
    batch_events: int = 500
    batch_bytes: int = 512_000
    compress: bool = True

    retry_base: float = 1
    retry_cap: float = 300
    halt_seconds: float = 300  # between attempts while the key or the address is refused
    connect_timeout: float = 10
    read_timeout: float = 35
    exit_seconds: float = 2  # how long the end of the process waits for a last flush

    clock: Callable[[], float] = time.time  # seconds since the epoch
    on_report: Callable[[Report], None] = log_report
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        positive = (
            *("max_bytes", "max_event_bytes", "flush_events", "flush_bytes", "batch_events"),
            *("batch_bytes", "retry_base", "retry_cap", "connect_timeout", "read_timeout"),
        )
        wrong = [name for name in positive if not getattr(self, name) > 0]
        not_negative = ("session_timeout", "flush_seconds", "halt_seconds", "exit_seconds")
        wrong += [name for name in not_negative if not getattr(self, name) >= 0]
        wrong += [name for name in ("category", "environment") if not is_label(getattr(self, name))]
        if self.consent not in {True, False, "pending"}:
            wrong.append("consent")
        if self.max_event_bytes > self.batch_bytes:
            wrong.append("max_event_bytes (above batch_bytes)")
        if wrong:
            raise ValueError(f"options out of their limits: {', '.join(wrong)}")


def is_label(text: object) -> bool:
    """Tell whether the server takes a text as a category, an environment or a part of a name."""
    allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
    longest = 64
    return isinstance(text, str) and 0 < len(text) <= longest and set(text) <= set(allowed)
