"""What somebody may send who means harm to whoever looks at it, in every field that there is."""

import json

SCRIPT = "window.__hit = 1"
PAYLOADS = {
    "html": f'<script>{SCRIPT}</script><img src=x onerror="{SCRIPT}"><iframe src="//192.0.2.1">',
    "svg": f'<svg onload="{SCRIPT}"><a href="javascript:{SCRIPT}"><text>svg</text></a></svg>',
    "closing": f"</title></textarea></style></script><script>{SCRIPT}</script>",
    "attribute": f'" autofocus onfocus="{SCRIPT}" x="',
    "apostrophe": f"' autofocus onfocus='{SCRIPT}' x='",
    "url": f"javascript:{SCRIPT}//",
    "elsewhere": '<link rel=stylesheet href="http://192.0.2.1/"><base href="http://192.0.2.1/">',
    "template": "{{7*7}}{% raw %}${7*7}<%= 7*7 %>#{7*7}",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "bidi": "\u202egnp.exe\u2066 \u200f",
    "nul": "a\0b\x01\x7f\x85",
    "surrogate": "a\ud800b",
    "prototype": "__proto__",
    "constructor": "constructor",
    "csv": '=HYPERLINK("http://192.0.2.1/","x")',
    "combining": "z" + "\u0300" * 300,
    "unbroken": "w" * 3000,
}
LONG = "long " * 1_000_000
DEEP = "[" * 60 + "]" * 60
_FUNCTION = {"event_category": "function"}


def send_all(pipeline):
    """Send all payloads in all places; returns the ids of the batches that are loaded."""
    events = [
        *map(_event, PAYLOADS.values()),
        {"eventType": "long", "eventAttributes": {"long": LONG}},
        _event("deep", json.loads(DEEP)),
    ]
    answers = [pipeline.send([event], **_FUNCTION) for event in events]
    for payload in PAYLOADS.values():
        answers.append(pipeline.send([payload], **_FUNCTION))
        _send_oddly(pipeline, payload)
    return [answer["batch_id"] for answer in answers]


def _event(payload, value=None):
    """Return an event that has the payload everywhere."""
    value = payload if value is None else value
    return {
        **dict.fromkeys(("eventType", "playerId", "sessionId", "buildVersion"), payload),
        **dict.fromkeys(
            ("eventClass", "eventSource", "eventEnvironment", "eventTimestamp"), payload
        ),
        "eventIndex": payload,
        "eventAttributes": {payload: value, "nested": {payload: [value]}},
        payload: value,
    }


def _send_oddly(pipeline, payload):
    """Send a payload as bytes, as what is refused, and as an object."""
    pipeline.send(b"{" + payload.encode(errors="surrogatepass"), **_FUNCTION)
    for parameter in ("analytics_environment", "event_category", "session_id", "event_ds"):
        pipeline.post({}, **{**_FUNCTION, parameter: payload.encode(errors="replace")})
    pipeline.post({"content_type": payload, "md5_digest": payload}, path="/v1/file")
    pipeline.post({}, path="/v1/file", file_child=payload.encode(errors="replace"))
    _store(pipeline, payload.encode(errors="replace").decode())


def _store(pipeline, payload):
    """Store an object as a stranger may who has the right to: its name, metadata and contents."""
    name = "".join(filter(str.isprintable, payload))[:200] + "\u202e"
    folder = "data_type=json/analytics_environment=development/event_category=function"
    blob = pipeline.bucket.blob(f"{folder}/event_ds=2026-11-28/event_time=0-8/{name}/{name}")
    blob.metadata = {"note": name.encode("ascii", "replace").decode()}
    blob.upload_from_string(json.dumps([payload]) + "\n", content_type="text/html")
