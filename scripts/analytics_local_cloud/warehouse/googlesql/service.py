"""Calls into GoogleSQL's module: one at a time, each within a time limit."""

import ctypes
import re
import threading
from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from typing import Any, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from wasmtime import Engine, Linker, Store, Trap, WasiConfig, WasmtimeError
from wasmtime import Module as CompiledModule

from analytics_local_cloud.warehouse.googlesql.module import load_module

_ERROR = re.compile(r"Code: (\d+), Message: (.*)", re.DOTALL)
Result = TypeVar("Result")
Response = TypeVar("Response", bound=Message)
_MAX_MEMORY_BYTES = 512 * 1024 * 1024  # a module keeps its memory for ever: a larger one is left


class GoogleSqlError(Exception):
    """GoogleSQL refuses: `code` is one of google.rpc.Code, the message has its own words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BrokenOffError(Exception):
    """The call took too long, or GoogleSQL's code stopped itself; nothing of it remains."""


class _Instance:
    """One running copy of the module, with its memory."""

    def __init__(self, engine: Engine, module: CompiledModule) -> None:
        wasi = WasiConfig()
        wasi.preopen_dir(str(files("tzdata") / "zoneinfo"), "/usr/share/zoneinfo")
        self._store = Store(engine)
        self._store.set_wasi(wasi)
        self._store.set_epoch_deadline(1)
        linker = Linker(engine)
        linker.define_wasi()
        exports = linker.instantiate(self._store, module).exports(self._store)
        self._exports: dict[str, Any] = dict(exports.items())
        self._run("_initialize")
        self._memory = self._exports["memory"]

    @property
    def size(self) -> int:
        """Bytes of memory that the instance has taken."""
        return int(self._memory.data_len())

    def call(self, name: str, request: bytes) -> bytes:
        """Call a method of the local service; raises `GoogleSqlError`."""
        self._store.set_epoch_deadline(1)
        place = self._run("wasm_malloc", len(request) + 1)
        length = self._run("wasm_malloc", 4)
        ctypes.memmove(self._base + place, request, len(request))
        answer = self._run(f"ZetaSqlLocalService_{name}", place, len(request), length)
        try:
            if not answer:
                raise self._error()
            return self._read(answer, int.from_bytes(self._read(length, 4), "little"))
        finally:
            for pointer in (place, length, *([answer] if answer else [])):
                self._run("wasm_free", pointer)

    def _run(self, name: str, *arguments: int) -> Any:  # noqa: ANN401 - a number, or nothing
        return self._exports[name](self._store, *arguments)

    def _read(self, place: int, length: int) -> bytes:
        return ctypes.string_at(self._base + place, length)

    @property
    def _base(self) -> int:
        return ctypes.addressof(self._memory.data_ptr().contents)

    def _error(self) -> GoogleSqlError:
        place = self._run("wasm_get_last_error")
        text = self._read(place, self._run("wasm_get_last_error_size")).decode()
        found = _ERROR.fullmatch(text)
        return GoogleSqlError(int(found[1]), found[2]) if found else GoogleSqlError(13, text)


class GoogleSql:
    """The local service of GoogleSQL, for all threads."""

    def __init__(self, load: Callable[[], tuple[Engine, CompiledModule]] = load_module) -> None:
        self._load = load
        self._calling = threading.Lock()
        self._running: _Instance | None = None
        self.generation = 0  # of the instance: what was registered with an older one is gone

    @cached_property
    def _compiled(self) -> tuple[Engine, CompiledModule]:
        return self._load()

    def call(
        self, name: str, request: Message, response: type[Response], seconds: float = 30
    ) -> Response:
        """Return a method's response; raises `GoogleSqlError` and `BrokenOffError`."""
        with self._calling:
            if self._running is None:
                self._running = _Instance(*self._compiled)
            instance = self._running
            timer = threading.Timer(seconds, self._compiled[0].increment_epoch)
            timer.start()
            try:
                return response.FromString(instance.call(name, request.SerializeToString()))
            except (Trap, WasmtimeError) as exc:
                self._leave()
                raise BrokenOffError(str(exc).partition("\n")[0]) from exc
            finally:
                timer.cancel()
                if instance.size > _MAX_MEMORY_BYTES:
                    self._leave()

    def as_one(self, work: Callable[[], Result]) -> Result:
        """Return what `work` does by several calls, which must all meet the same instance."""
        while True:
            generation = self.generation
            try:
                return work()
            except GoogleSqlError:
                if generation == self.generation:
                    raise

    def release(self, name: str, request: Message) -> None:
        """Call a method that forgets something; an instance that ended has forgotten it."""
        try:
            self.call(name, request, Empty)
        except GoogleSqlError:
            return

    def _leave(self) -> None:
        self._running = None
        self.generation += 1
