"""Serves the client and a page that loads it, from one origin whatever the port is."""

from pathlib import Path

from aiohttp import web

_DRIVERS = Path(__file__).resolve().parent
_CLIENT = _DRIVERS.parents[2] / "clients/javascript"
HOST = "page.localhost"  # trustworthy for browsers, and the same origin at each start
ORIGIN = f"http://{HOST}"
# A script that resolves once the page can be driven.
LOADED = (
    "new Promise((done) => { const look = () => globalThis.drive ? done(true)"
    " : setTimeout(look, 10); look(); })"
)
_PAGE = '<!DOCTYPE html><title>page</title><link rel="icon" href="data:,">{}'
_SCRIPT = '<script type="module" src="/drivers/page_driver.mjs"></script>'


class PageServer:
    """A server on a free port of this machine; `policy` is the page's Content-Security-Policy."""

    def __init__(self, policy=""):
        self.policy = policy
        app = web.Application()
        app.router.add_get("/", self._answer_page)
        app.router.add_get("/empty", self._answer_empty)
        app.router.add_get("/alone", self._answer_alone)
        app.router.add_get("/file", self._answer_file)
        app.router.add_static("/client", _CLIENT)
        app.router.add_static("/drivers", _DRIVERS)
        app.on_response_prepare.append(_welcome_all)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self):
        """Start it; returns its port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self._runner.addresses[0][1]

    async def stop(self):
        """Stop it."""
        await self._runner.cleanup()

    async def _answer_page(self, _request):
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        return web.Response(text=_PAGE.format(_SCRIPT), content_type="text/html", headers=headers)

    async def _answer_empty(self, _request):
        return web.Response(text=_PAGE.format(""), content_type="text/html")

    async def _answer_alone(self, _request):
        """Answer the page in a sandbox: it has no origin, and so no storage and no locks."""
        headers = {"Content-Security-Policy": "sandbox allow-scripts"}
        return web.Response(text=_PAGE.format(_SCRIPT), content_type="text/html", headers=headers)

    async def _answer_file(self, request):
        return web.FileResponse(request.query["path"])


async def _welcome_all(_request, response):
    """Let a page without an origin load its scripts."""
    response.headers["Access-Control-Allow-Origin"] = "*"
