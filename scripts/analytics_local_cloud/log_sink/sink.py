"""The functions' lines about objects → rows of the table that Cloud Logging writes in the cloud."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from analytics_local_cloud.log_sink.log_files import (
    INSERT_ID,
    NAME_DIGITS,
    LogFile,
    parse_insert_id,
)
from analytics_pipeline.schemas import SCHEMAS

TABLE = "run_googleapis_com_stdout"  # Cloud Logging's own name for it, after the log
_RECEIPTS = frozenset(msgspec.json.decode((SCHEMAS / "receipt_events.json").read_bytes()))
_MOVED = {"severity", "time", "message", "logging.googleapis.com/trace"}  # not of the payload
_LINE_START = b'{"severity":'  # cannot be inside of a line: quotes are escaped in JSON
_PAUSE_SECONDS = 0.5


class SinkFailed(Exception):
    """The warehouse does not take rows, or does not say which it has."""


class _Head(msgspec.Struct):
    """What every line of the functions has."""

    time: str
    event: str


_read_head = msgspec.json.Decoder(_Head).decode
_read_fields = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class LogSink:
    """Writes what is in the log files of a folder into the table in a dataset.

    `dataset_url` is the dataset's in BigQuery's REST API: `…/projects/PROJECT/datasets/DATASET`.
    """

    def __init__(self, session: aiohttp.ClientSession, dataset_url: str, folder: Path) -> None:
        self._session = session
        self._project_url, _, self._dataset = dataset_url.partition("/datasets/")
        self._insert_url = f"{dataset_url}/tables/{TABLE}/insertAll"
        self._folder = folder
        self._files: dict[Path, LogFile] = {}
        self._places: dict[str, int] | None = None
        self._told = ""

    async def keep_writing(self) -> None:
        """Write lines soon after they appear, until cancelled."""
        while True:
            await self.write_new()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def finish(self) -> None:
        """Write what is left, if writing ever began."""
        if self._places is not None:
            await self.write_new()

    async def write_new(self) -> None:
        """Write all new lines; a failure is told on stderr, and left to the next call."""
        told, self._told = self._told, ""
        try:
            if self._places is None:
                self._places = await self._ask_places()
            for path in sorted(self._folder.glob("*.log*")):
                file = self._files.setdefault(path, LogFile(path, read_receipt))
                with suppress(FileNotFoundError):  # it was renamed a moment ago
                    await self._write_file(file, self._places)
        except (aiohttp.ClientError, TimeoutError, OSError, SinkFailed) as exc:
            self._told = f"{type(exc).__name__}: {exc}"
            if self._told != told:
                _tell(self._told)

    async def _write_file(self, file: LogFile, places: dict[str, int]) -> None:
        while (batch := file.next_batch(places)) is not None:
            if batch.rows:
                await self._insert(batch.rows)
                places.update([parse_insert_id(batch.rows[-1]["insertId"])])
            file.accept(batch)
            await asyncio.sleep(0)  # requests are served meanwhile

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        body = {
            "rows": [{"insertId": row["insertId"], "json": row} for row in rows],
            "ignoreUnknownValues": True,
            "skipInvalidRows": True,
        }
        refused = (await self._post(self._insert_url, body)).get("insertErrors", ())
        if refused:
            _tell(f"{len(refused)} lines are no rows: {refused[0]['errors'][0]['message']}")

    async def _ask_places(self) -> dict[str, int]:
        """Return where the last line begins that is a row, by the name of its file."""
        sql = f"""SELECT MAX(insertId) FROM {self._dataset}.{TABLE}
            WHERE REGEXP_CONTAINS(insertId, r'{INSERT_ID}')
            GROUP BY LEFT(insertId, {NAME_DIGITS})"""  # noqa: S608 - own names
        body = {"query": sql, "useLegacySql": False}
        answer = await self._post(f"{self._project_url}/queries", body)
        if not answer["jobComplete"]:
            raise SinkFailed("the query of what is written takes too long")
        return dict(parse_insert_id(row["f"][0]["v"]) for row in answer.get("rows", ()))

    async def _post(self, url: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - as json.loads
        headers = {"Content-Type": "application/json"}
        async with self._session.post(url, data=_encode(body), headers=headers) as answer:
            if not answer.ok:
                raise SinkFailed(f"HTTP {answer.status} {await answer.text()}")
            return await answer.json()


def read_receipt(line: bytes) -> dict[str, Any] | None:
    """Return a line as Cloud Logging writes it into the table, None if the sink leaves it out."""
    start = line.rfind(_LINE_START)  # before it may be what somebody else did not end
    try:
        if start < 0 or (head := _read_head(line[start:])).event not in _RECEIPTS:
            return None
        fields = _read_fields(line[start:])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    payload = {name: value for name, value in fields.items() if name not in _MOVED}
    return {"timestamp": head.time, "jsonPayload": payload}


def _tell(text: str) -> None:
    print(f"log sink: {text}", file=sys.stderr, flush=True)
