"""Who may ask: whoever reaches the machine, but no page of another site in their browser."""

from ipaddress import ip_address

from starlette.requests import Request

_OWN_SITE = {"same-origin", "none"}


def check_visitor(request: Request) -> str:
    """Return why a request is refused, "" where it is not.

    A name that somebody else's DNS points here is refused: under it, their pages could read all
    (DNS rebinding). So is what another site's page sends: it may not act here.
    """
    host = request.url.hostname or ""
    if not _is_address(host) and not host.endswith("localhost") and "." in host:
        return f"this answers under an address or localhost, not under {host}"
    if request.method in {"GET", "HEAD"}:
        return ""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if (origin is not None and origin != own) or (site is not None and site not in _OWN_SITE):
        return "no page of another site may do this"
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
