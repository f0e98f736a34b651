"""Pure: text of strangers, as it can be shown: no character changes what is around it."""

import re

# Controls, and what has no width or turns the direction of what follows. Tab and line breaks stay.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e007f]"
)
_BREAKS = str.maketrans({"\n": " ⏎ ", "\r": "", "\t": " "})


def visible(text: str, most: int) -> str:
    """Return a text in one line, at most so many characters of it, and how many there are."""
    if len(text) <= most and text.isascii() and text.isprintable():
        return text
    shown = _UNSEEN.sub(_picture, text[:most].translate(_BREAKS))
    return shown if len(text) <= most else f"{shown}… ({len(text):,} characters)"


def escaped(json: str) -> str:
    """Return JSON that means the same, and of which every character is seen."""
    return _UNSEEN.sub(_escape, json)


def _picture(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
