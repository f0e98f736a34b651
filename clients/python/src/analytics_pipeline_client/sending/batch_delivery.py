"""One attempt to deliver a batch."""

import http.client
import urllib.parse
from functools import partial

from analytics_pipeline_client.device_clock import iso
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.batching import Batch
from analytics_pipeline_client.sending.gate import Gate
from analytics_pipeline_client.sending.transport import Transport
from analytics_pipeline_client.sending.verdicts import Judgement, Verdict, judge


class Delivery:
    """Sends batches to the pipeline at an address: its URL, and the API key."""

    def __init__(self, address: tuple[str, str], options: Options, gate: Gate) -> None:
        self._url, self._key = address
        self._options = options
        self._gate = gate
        self._transport = Transport(self._url, options)
        self._base = urllib.parse.urlsplit(self._url).path.rstrip("/")

    def attempt(self, batch: Batch, ticket: int) -> tuple[int, Judgement]:
        """Send a batch once; return the status, 0 where there is none, and what it means.

        At each attempt all is the same but `sent_at`, which is the device's clock. Raises
        `WithdrawnError` where consent was withdrawn since the ticket was taken.
        """
        parameters = urllib.parse.urlencode(
            {"key": self._key, "sent_at": iso(self._options.clock())}
        )
        target = f"{self._base}/v1/event?{batch.route}&{parameters}"
        headers = {
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": batch.key,
            "Content-Length": str(len(batch.body)),
        }
        if batch.body.startswith(b"\x1f\x8b"):
            headers["Content-Encoding"] = "gzip"
        passing = partial(self._gate.passing, ticket)
        try:
            answer = self._transport.request("POST", target, batch.body, headers, passing)
        except (OSError, http.client.HTTPException) as error:
            return 0, Judgement(Verdict.RETRY, type(error).__name__)
        return answer.status, judge(answer, batch.count, self._options.clock())

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()
