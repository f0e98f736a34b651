"""How the page of dead letters tells of a replay."""

import pytest

from analytics_console.rendering import render
from analytics_console.views.letters import DEAD_LETTERS, Replay

NOTHING_OPEN = "No letter is open that fits."
DO_IT = ">Do it</button>"


def page_of(counts, said="", *, can_do=False):
    """Return the page after a replay that was tried."""
    asked = {"since": "2026-11-28", "until": "2026-11-29"}
    replay = Replay("analytics replay", asked, False, counts, [], said, can_do)
    model = {"since": "30d", "environment": "", "reason": "", "reasons": [], "letters": []}
    model |= {"page": DEAD_LETTERS, "pages": [DEAD_LETTERS], "replay": replay, "most": 50}
    variables = dict.fromkeys(
        ("GOOGLE_CLOUD_PROJECT", "BUCKET_NAME", "ANALYTICS_URL", "API_KEY"), "x"
    )
    return render("dead-letters.html", model, variables)


@pytest.mark.parametrize(
    ("replay", "shown", "not_shown"),
    [
        (({},), NOTHING_OPEN, DO_IT),
        (({}, "error: the query failed"), "error: the query failed", NOTHING_OPEN),
        (({"still refused": 2},), "Nothing would change", DO_IT),
    ],
)
def test_nothing_to_do(replay, shown, not_shown):
    """What failed is not told as nothing, and nothing is offered where nothing can be done."""
    page = page_of(*replay)

    assert shown in page
    assert not_shown not in page


def test_second_press():
    """What can be done is asked for with the very times of the try."""
    page = page_of({"would be loaded": 1}, can_do=True)

    assert DO_IT in page
    for name, value in (("since", "2026-11-28"), ("until", "2026-11-29"), ("execute", "1")):
        assert f'name="{name}" value="{value}"' in page
