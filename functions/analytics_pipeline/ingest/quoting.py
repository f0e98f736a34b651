"""Pure: text of any kind as a JSON string, in windows, so that none costs more than its result."""

import codecs

import msgspec

from analytics_pipeline.ingest.refusals import BodyTooLarge

_WINDOW_BYTES = 64 * 1024
_Utf8 = codecs.getincrementaldecoder("utf-8")


def is_utf8(text: bytes) -> bool:
    """Return whether `text` is UTF-8; decoded as a whole, one emoji makes it four times as long."""
    if text.isascii():
        return True
    try:
        if len(text) <= _WINDOW_BYTES:
            text.decode()
            return True
        decoder = _Utf8()
        for at in range(0, len(text), _WINDOW_BYTES):
            decoder.decode(text[at : at + _WINDOW_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def quote_json(value: bytes, max_bytes: int) -> bytes:
    """Return the text of a JSON value as a JSON string, without looking at each character.

    The only control characters in it are white space. Raises BodyTooLarge as `quote` does.
    """
    if len(value) <= _WINDOW_BYTES:
        return b'"%b"' % _escape(value)
    quoted = bytearray(b'"')
    for at in range(0, len(value), _WINDOW_BYTES):
        quoted += _escape(value[at : at + _WINDOW_BYTES])
        if len(quoted) > max_bytes:
            raise BodyTooLarge(f"what is to be stored exceeds {max_bytes} bytes")
    quoted += b'"'
    return bytes(quoted)


def _escape(json: bytes) -> bytes:
    text = json.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return text.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")


def quote(text: bytes, max_bytes: int) -> bytes:
    """Return `text` as a JSON string, with U+FFFD for what is not UTF-8.

    Raises BodyTooLarge when more than a window of it is longer: control characters grow sixfold.
    """
    if len(text) <= _WINDOW_BYTES:
        return msgspec.json.encode(text.decode("utf-8", "replace"))
    decoder = _Utf8("replace")
    quoted = bytearray(b'"')
    for at in range(0, len(text), _WINDOW_BYTES):
        window = text[at : at + _WINDOW_BYTES]
        piece = decoder.decode(window, final=at + _WINDOW_BYTES >= len(text))
        quoted += msgspec.json.encode(piece)[1:-1]
        if len(quoted) > max_bytes:
            raise BodyTooLarge(f"what is to be stored exceeds {max_bytes} bytes")
    quoted += b'"'
    return bytes(quoted)
