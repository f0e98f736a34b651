"""What strangers sent is seen, and changes nothing around it."""

import json

import pytest

from analytics_console.views.inspecting.visible_text import escaped, visible

HOSTILE = "a\x1b[31m\u202eevil\u2066\u200b\ufeff\x7f\U000e0041b"


def test_one_line():
    """Controls, and what turns or hides text, are named; line breaks are seen."""
    expected = "a⟨U+001B⟩[31m⟨U+202E⟩evil⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+007F⟩⟨U+E0041⟩b"  # all of it
    assert expected == visible(HOSTILE, 100)
    assert "a ⏎ b c" == visible("a\r\nb\tc", 100)


@pytest.mark.parametrize("text", ["", "level_up", "日本 💥 💥 ß", "<b>&amp;"])
def test_usual_text(text):
    """Usual text, in any language, stays as it is."""
    assert text == visible(text, 100)
    assert text == escaped(text)


def test_long_text():
    """A long text is cut, and says how long it is."""
    assert "xxxxx… (1,234 characters)" == visible("x" * 1234, 5)


def test_json_means_the_same():
    """JSON that is shown, and copied, means what was sent."""
    sent = json.dumps({HOSTILE: [HOSTILE, 1]}, ensure_ascii=False)
    shown = escaped(sent)

    assert json.loads(sent) == json.loads(shown)
    assert "\u202e" not in shown
    assert shown == escaped(shown)
