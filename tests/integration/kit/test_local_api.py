"""The local pipeline's own API: who may ask, what is refused; it is never deployed."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from analytics_local_cloud.local_api.local_routes import ROUTES
from checkout import ROOT


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/expect", {}, "required field `event_type`"),
        ("POST", "/expect", {"event_type": 5}, "$.event_type"),
        ("POST", "/expect", {"event_type": "a", "cnt": 1}, "`cnt`. Known are environment: str"),
        ("POST", "/expect", {"event_type": "a", "within": 601}, "within: number from 0 to 600"),
        (
            "POST",
            "/expect",
            {"event_type": "a", "where": {"b": {"kynd": "int"}}},
            "of a Condition: type",
        ),
        ("POST", "/expect", [], "Expected `object`"),
        ("POST", "/expect/none", {"what": "bugs"}, '"dead_letters" or "refused_requests" or'),
        ("POST", "/expect/session", {"session_id": "s"}, "`indexes`"),
        ("POST", "/wait", {"until": {"idle": False}}, "idle: true"),
        ("POST", "/reset", {"all": True}, "`all`"),
        ("GET", "/good?limit=0", None, "limit: integer from 1 to 1000"),
        ("GET", "/bad?lmt=5", None, "`lmt`"),
        ("PUT", "/faults", {"faults": [{"do": "nothing"}]}, "nothing"),
    ],
)
def test_bad_requests(api, method, path, body, told):
    """What is asked wrongly is refused with the field that is wrong, and what is known."""
    status, answer = api.call(method, path, body)

    assert 400 == status
    assert told in answer["message"], answer["message"]


def test_unknown_paths(api):
    """What is not there is said as JSON, too."""
    assert 404 == api.call("GET", "/nothing")[0]
    assert 405 == api.call("GET", "/expect")[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.example"},
    ],
)
@pytest.mark.parametrize("path", ["/reset", "/faults", "/expect"])
def test_other_sites(api, headers, path):
    """A page of another site can do nothing here, whoever's browser it is in."""
    assert 403 == api.call("POST", path, {"event_type": "a"}, headers=headers)[0]


def test_described(api):
    """The API describes itself: each route is in a document that is valid."""
    _, document = api.call("GET", "/openapi.json")

    OpenAPIV31SpecValidator(document).validate()
    routes = {(f"/_local{route.path}", route.method.lower()) for route in ROUTES}
    described = {(path, method) for path, each in document["paths"].items() for method in each}
    faults = {("/_local/faults", method) for method in ("get", "put", "delete")}
    assert routes | faults == described


def test_never_deployed():
    """Nothing of this API is in what is deployed."""
    for document in (ROOT / "api-gateway").glob("*.yaml"):
        assert "_local" not in document.read_text()
