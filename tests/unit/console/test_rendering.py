"""What values look like on a page."""

import pytest

from analytics_console.rendering import shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ann", "ann"),
        (7, "7"),
        ("\u202eb\x1b[m\n", r"\u202eb\x1b[m\n"),
        ("x" * 9, "xxxxxxxxx"),
        ("x" * 1200, "xxxxxxxxx… (1,200 characters)"),
    ],
)
def test_shown(value, expected):
    """What is invisible is its escape, what is long its beginning and its length."""
    assert expected == shown(value, 9)
