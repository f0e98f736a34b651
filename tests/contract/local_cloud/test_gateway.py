"""gateway: requests and answers pass unchanged, over real sockets."""

import asyncio
import gzip
import io
import logging
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import gunicorn.config
import pytest
import uvicorn
from serving import serve
from starlette.requests import Request
from yarl import URL

from analytics_local_cloud import gateway
from analytics_local_cloud.gateway.document import Operation
from analytics_local_cloud.gateway.upstream import IDLE_SECONDS, Upstream

KEY = "a-good-key"
KEYED = {"security": [{"key": []}]}
RESET = "upstream connect error or disconnect/reset before headers. reset reason: "
OPERATION = Operation(key_parameter=None, costs={}, deadline=60.0)


def build_spec(deadline=60.0):
    """Build a document that serves POST (with a key) and OPTIONS on /v7/orders."""
    return {
        "x-google-backend": {"path_translation": "APPEND_PATH_TO_ADDRESS", "deadline": deadline},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "key"}},
        "paths": {"/v7/orders": {"post": KEYED, "options": {}}},
    }


@dataclass
class Function:
    """An ASGI application that answers as it is told and keeps what it was asked."""

    status: int = 200
    headers: list = field(default_factory=list)
    content: bytes = b""
    echo: bool = False
    silent: bool = False
    at_once: asyncio.Barrier | None = None
    asked: list = field(default_factory=list)

    async def __call__(self, scope, receive, send):
        """Answer, or wait in silence until the gateway hangs up."""
        request = Request(scope, receive)
        body = await request.body()
        self.asked.append((scope, body))
        if self.silent:
            assert "http.disconnect" == (await receive())["type"]
            return
        if self.at_once:
            await self.at_once.wait()
        content = body if self.echo else self.content
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": content})

    @property
    def scope(self):
        """The one request that arrived."""
        assert 1 == len(self.asked)
        return self.asked[0][0]

    def header(self, name):
        """Return all values of a header that arrived."""
        return [value.decode() for key, value in self.scope["headers"] if key == name.encode()]


class Stage:
    """The one backend of the shared gateway; each test has a function of its own on it."""

    function = None

    async def __call__(self, scope, receive, send):
        """Let the function answer."""
        if scope["type"] == "http":
            await self.function(scope, receive, send)


@pytest.fixture(name="stage", scope="module")
def _stage():
    return Stage()


@pytest.fixture(name="url", scope="module")
def _url(stage):
    with serve(stage) as backend, serve(create_gateway(backend)) as url:
        yield url


@pytest.fixture(name="function")
def _function(stage):
    stage.function = Function()
    return stage.function


@pytest.fixture(name="client")
async def _client():
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        auto_decompress=False, connector=connector, cookie_jar=jar
    ) as client:
        yield client


def create_gateway(backend, **options):
    """Create a gateway in front of `backend`."""
    return gateway.create_app(build_spec(**options), backend, [KEY])


def at(url, query=f"key={KEY}"):
    """Return the URL of the served path, unnormalised."""
    return URL(f"{url}/v7/orders?{query}", encoded=True)


@asynccontextmanager
async def tcp_server(talk):
    """Serve `talk(reader, writer)` and yield the URL."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class TestRequest:
    async def test_url(self, client, url, function):
        """Path and query arrive byte for byte."""
        query = f"key={KEY}&a=%2f%2F+%20&b=c%C3%A9&&d='?/:@[]|&key=2&e"

        await client.post(at(url, query))

        assert b"/v7/orders" == function.scope["raw_path"]
        assert query.encode() == function.scope["query_string"]
        assert "POST" == function.scope["method"]

    async def test_headers(self, client, url, function):
        """The client's headers arrive, with nothing added that would describe another client."""
        headers = [
            ("Idempotency-Key", "0123456789abcdef"),
            ("Origin", "https://game.example"),
            ("X-Twice", "1"),
            ("X-Twice", "2"),
            ("X-Text", "\u00e9"),
        ]

        await client.post(
            at(url),
            headers=headers,
            data=b"{}",
            skip_auto_headers=["Accept", "Accept-Encoding", "Content-Type", "User-Agent"],
        )

        assert ["0123456789abcdef"] == function.header("idempotency-key")
        assert ["https://game.example"] == function.header("origin")
        assert ["1", "2"] == function.header("x-twice")
        assert ["\u00e9"] == function.header("x-text")
        assert ["2"] == function.header("content-length")
        for name in ("accept", "accept-encoding", "content-type", "user-agent"):
            assert [] == function.header(name)

    async def test_header_that_is_not_utf8(self, url, function):
        """A value that is no UTF-8 arrives as the same characters: an encoding stays unknown."""
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        target = f"POST /v7/orders?key={KEY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

        writer.write(target.encode() + b"Content-Encoding: \xff\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

        assert ["\xff"] == function.header("content-encoding")

    async def test_hop_by_hop(self, client, url, function):
        """Headers of the client's connection end at the gateway; Host is the function's."""
        headers = {"Keep-Alive": "timeout=9", "TE": "trailers", "Proxy-Authorization": "x"}

        await client.post(at(url), headers=headers)

        for name in ("keep-alive", "te", "proxy-authorization"):
            assert [] == function.header(name)
        assert [url.removeprefix("http://")] != function.header("host")

    async def test_authorization(self, client, url, function):
        """The gateway's own token replaces the client's, which is kept under another name."""
        await client.post(at(url), headers={"Authorization": "Basic abc"})

        assert ["Bearer local"] == function.header("authorization")
        assert ["Basic abc"] == function.header("x-forwarded-authorization")

    async def test_no_authorization(self, client, url, function):
        """Without a token of the client there is none to keep."""
        await client.post(at(url))

        assert ["Bearer local"] == function.header("authorization")
        assert [] == function.header("x-forwarded-authorization")

    async def test_forwarded(self, client, url, function):
        """The gateway adds itself to the chain, and who the key's consumer is."""
        headers = {"X-Forwarded-Proto": "gopher", "X-Apigateway-Api-Consumer-Type": "KING"}

        await client.post(at(url), headers=headers)

        assert ["127.0.0.1"] == function.header("x-forwarded-for")
        assert ["http"] == function.header("x-forwarded-proto")
        assert ["PROJECT"] == function.header("x-apigateway-api-consumer-type")
        assert [True] == [
            n.isdecimal() for n in function.header("x-apigateway-api-consumer-number")
        ]

    async def test_preflight(self, client, url, function):
        """A preflight is forwarded without key, body or consumer."""
        answer = await client.options(at(url, ""), headers={"Origin": "https://game.example"})

        assert 200 == answer.status
        assert "OPTIONS" == function.scope["method"]
        assert b"" == function.asked[0][1]
        assert [] == function.header("x-apigateway-api-consumer-type")
        assert [] == function.header("content-length")

    @pytest.mark.parametrize("size", [1, 2**20, 2**20 + 1, 8_000_000])
    async def test_body(self, client, url, function, size):
        """A body of any size arrives as it is, compressed or not."""
        body = bytes(size)

        await client.post(at(url), data=io.BytesIO(body), headers={"Content-Encoding": "gzip"})

        assert body == function.asked[0][1]
        assert [str(size)] == function.header("content-length")
        assert ["gzip"] == function.header("content-encoding")

    async def test_chunked_body(self, client, url, function):
        """A body without Content-Length arrives whole, with one."""
        await client.post(at(url), data=pieces(b"one ", b"two"))

        assert b"one two" == function.asked[0][1]
        assert ["7"] == function.header("content-length")
        assert [] == function.header("transfer-encoding")

    async def test_expect(self, client, url, function):
        """The gateway itself answers `Expect: 100-continue`, as curl sends with large bodies."""
        answer = await client.post(at(url), data=b"{}", expect100=True)

        assert 200 == answer.status
        assert [] == function.header("expect")


class TestAnswer:
    async def test_unchanged(self, client, url, function):
        """Status, repeated headers and a compressed body come back as the function gave them."""
        function.status = 299
        function.content = gzip.compress(b"{}", mtime=0)
        function.headers = [
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(function.content)).encode()),
            (b"set-cookie", b"a=1"),
            (b"set-cookie", b"b=2"),
            (b"retry-after", b"1"),
            (b"x-text", "\u00e9".encode()),
        ]

        answer = await client.post(at(url))

        assert 299 == answer.status
        assert function.content == await answer.read()
        received = [(n.lower(), v) for n, v in answer.raw_headers if n not in {b"date", b"server"}]
        assert function.headers == received

    @pytest.mark.parametrize("name", ["Date", "Server"])
    async def test_written_once(self, client, url, function, name):
        """What both servers write is there once."""
        answer = await client.post(at(url))

        assert 1 == len(answer.headers.getall(name))
        assert function.asked

    async def test_chunked(self, client, url, function):
        """An answer of unknown length comes back whole."""
        function.content = b"x" * 3_000_000

        answer = await client.post(at(url))

        assert function.content == await answer.read()

    @pytest.mark.parametrize("status", [204, 304, 301, 404, 503])
    async def test_status(self, client, url, function, status):
        """Redirects are not followed, refusals not replaced, empty answers stay empty."""
        function.status = status
        function.headers = [(b"location", b"/elsewhere")]

        answer = await client.post(at(url), allow_redirects=False)

        assert status == answer.status
        assert b"" == await answer.read()
        assert "/elsewhere" == answer.headers["location"]
        assert 1 == len(function.asked)

    async def test_concurrent(self, client, url, function):
        """As many requests as come run at once, and each client gets its own answer."""
        function.echo = True
        function.at_once = asyncio.Barrier(150)
        bodies = [f"request {number}".encode() for number in range(300)]

        async def post(body):
            async with client.post(at(url), data=body) as answer:
                return answer.status, await answer.read()

        assert [(200, body) for body in bodies] == await asyncio.gather(*map(post, bodies))

    async def test_no_cookies_kept(self, client, stage, function):
        """What one client is told to remember is not sent on behalf of the next."""
        function.headers = [(b"set-cookie", b"a=1")]
        with serve(stage) as backend:
            named = backend.replace("127.0.0.1", "localhost")  # cookies need a name
            with serve(create_gateway(named)) as url:
                await client.post(at(url))
                await client.post(at(url))

        assert [None, None] == [
            dict(scope["headers"]).get(b"cookie") for scope, _ in function.asked
        ]

    async def test_no_key_in_logs(self, client, url, function, caplog):
        """The gateway logs neither keys nor URLs."""
        caplog.set_level(logging.DEBUG)

        await client.post(at(url))
        await client.post(at(url, "key=a-wrong-key"))

        servers = ("uvicorn", "asyncio")
        logged = [each.getMessage() for each in caplog.records if not each.name.startswith(servers)]
        assert [] == [line for line in logged if "key" in line or "orders" in line]
        assert 1 == len(function.asked)


class TestFailure:
    async def test_deadline(self, client, stage, function):
        """A function that is too slow is 504, and is hung up on."""
        function.silent = True
        with serve(stage) as backend, serve(create_gateway(backend, deadline=0.1)) as url:
            answer = await client.post(at(url))

            assert 504 == answer.status
            assert {"code": 504, "message": "upstream request timeout"} == await answer.json()

    async def test_refused(self, client, unused_tcp_port):
        """A function that is not there is 503."""
        with serve(create_gateway(f"http://127.0.0.1:{unused_tcp_port}")) as url:
            answer = await client.post(at(url))

            assert 503 == answer.status
            assert {"code": 503, "message": RESET + "connection failure"} == await answer.json()

    @pytest.mark.parametrize(
        ("said", "status", "message"),
        [
            (b"", 503, "connection termination"),
            (b"HTTP/1.1 200 OK\r\nContent-Le", 503, "connection termination"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 502, "protocol error"),
            (b"+OK POP3 ready\r\n\r\n", 502, "protocol error"),
        ],
        ids=["hangs-up", "half-a-head", "half-a-body", "no-http"],
    )
    async def test_broken_answer(self, client, said, status, message):
        """A function that breaks off is 503, one that cannot be understood 502."""

        async def talk(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            writer.close()

        async with tcp_server(talk) as backend:
            with serve(create_gateway(backend)) as url:
                answer = await client.post(at(url))

        assert status == answer.status
        assert {"code": status, "message": RESET + message} == await answer.json()

    async def test_not_sent_twice(self, client):
        """A request whose answer is lost is not sent again: that is the client's decision."""
        heads = []

        async def talk(reader, writer):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.close()

        async with tcp_server(talk) as backend:
            with serve(create_gateway(backend)) as url:
                await client.post(at(url))

        assert 1 == len(heads)

    async def test_too_large(self, client, url, function):
        """A body over 32 MB is refused on the wire too, and the connection still serves."""
        answer = await client.post(at(url), data=io.BytesIO(bytes(32 * 2**20 + 1)))
        later = await client.post(at(url))

        assert [413, 200] == [answer.status, later.status]
        assert 1 == len(function.asked)


class TestIdleConnections:
    @pytest.mark.parametrize(("idle_seconds", "connections"), [(60.0, 1), (0.02, 2)])
    async def test_expiry(self, idle_seconds, connections):
        """A connection is used again, unless it was idle for longer than allowed."""
        opened = Counter()

        async def talk(reader, writer):
            opened.update(["connection"])
            while await reader.readline():
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async with tcp_server(talk) as backend, Upstream.connect(backend, idle_seconds) as upstream:
            await upstream.forward(make_request(), b"", OPERATION)
            await asyncio.sleep(0.05)  # the pause is what is tested
            await upstream.forward(make_request(), b"", OPERATION)

        assert connections == opened["connection"]

    def test_default(self):
        """The gateway gives up an idle connection well before the functions' servers do."""
        assert 2 * IDLE_SECONDS <= gunicorn.config.Keepalive.default
        assert 2 * IDLE_SECONDS <= uvicorn.Config("unused").timeout_keep_alive


def make_request():
    """Return a request as the gateway's own server would hand it over."""
    return Request(
        {
            "type": "http",
            "method": "OPTIONS",
            "scheme": "http",
            "path": "/v7/orders",
            "raw_path": b"/v7/orders",
            "query_string": b"",
            "headers": [],
        }
    )


async def pieces(*chunks):
    """Send a body in pieces, without Content-Length."""
    for chunk in chunks:
        yield chunk
