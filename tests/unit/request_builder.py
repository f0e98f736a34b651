"""Builds Starlette requests as the server would hand them over."""

from starlette.requests import Request


def make_request(
    body=b"", *, method="POST", path="/v1/event", query="", headers=(), chunk=None, cut=False
):
    """Return a request whose body arrives in pieces of `chunk` bytes, or is cut off at the end."""
    size = chunk or max(len(body), 1)
    pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    messages = [
        {"type": "http.request", "body": piece, "more_body": cut or index < len(pieces) - 1}
        for index, piece in enumerate(pieces)
    ]
    if cut:
        messages.append({"type": "http.disconnect"})
    remaining = iter(messages)

    async def receive():
        return next(remaining)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in dict(headers).items()
        ],
    }
    return Request(scope, receive)
