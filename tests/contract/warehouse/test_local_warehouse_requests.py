"""Local BigQuery: what a request says is served, harmless, or refused by its name."""

import json

import pytest
from local_warehouse import PROJECT, running_warehouse

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.web.known.messages import Service, read
from analytics_local_cloud.warehouse.web.methods import METHODS

UNKNOWN = 'Invalid JSON payload received. Unknown name "{}"'
NOT_HERE = "The local warehouse does not support {}"


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("requests")) as warehouse:
        yield warehouse


def places(message, *above):
    """Yield each message within a message, as the fields that lead to it and itself."""
    yield above, message
    for name, field in message.items():
        if field.message and name not in {above_name for above_name, _ in above}:
            yield from places(field.message, *above, (name, field))


PLACES = {
    (method.name, ".".join(name for name, _ in above)): (method.body, above, message)
    for method in METHODS
    if method.body
    for above, message in places(method.body)
}


def body_of(above, content):
    """Return a body that holds `content` at a place."""
    for name, field in reversed(above):
        content = {name: [content] if field.repeated else content}
        if field.mapped:
            content = {name: {"x": content[name]}}
    return content


def refusal(message, body):
    """Return how a body is refused."""
    with pytest.raises(ApiError) as caught:
        read(message, body, "root")
    return caught.value.reason, caught.value.message


@pytest.mark.parametrize(("method", "place"), PLACES)
def test_each_field(method, place):
    """At each place of each body: the unknown is 400, the refused 501 unless it says nothing."""
    whole, above, message = PLACES[method, place]
    refused = {name for name, field in message.items() if field.service is Service.REFUSED}
    dropped = {name for name, field in message.items() if field.service is Service.DROPPED}
    path = "".join(f"{name}." for name, _ in above)

    assert "badRequest" == refusal(whole, body_of(above, {"xyz": 1}))[0]
    assert {name: ("notImplemented", NOT_HERE.format(path + name)) for name in refused} == {
        name: refusal(whole, body_of(above, {name: "x"})) for name in refused
    }
    for nothing in (None, False, "", [], {}, {"names": []}):
        content = dict.fromkeys(refused, nothing)
        assert body_of(above, content) == read(whole, body_of(above, content))
    assert body_of(above, {}) == read(whole, body_of(above, dict.fromkeys(dropped, "x")))


@pytest.mark.parametrize(
    "method",
    [method for method in METHODS if method.name != "routines.insert"],
    ids=lambda method: method.name,
)
def test_unknown_parameter(warehouse, method):
    """At every method, a parameter that BigQuery does not know is 400."""
    names = dict.fromkeys(("dataset", "table", "job", "routine", "model"), "none")
    path = method.path.format(project=PROJECT, **names)
    url = f"{warehouse.url}/bigquery/v2{path}?maxResult=1"
    answer = warehouse.http.request(method.verb, url, retries=False)

    error = json.loads(answer.data)["error"]

    assert (400, "badRequest") == (answer.status, error["errors"][0]["reason"])
    assert error["message"].startswith(UNKNOWN.format("maxResult"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "queries", {"query": "SELECT 1", "useLegacySQL": False}, 400, "'query_request'"),
        ("POST", "queries", {"query": "SELECT 1", "maxResults": "many"}, 400, "max_results'"),
        ("POST", "queries", {"query": {"text": "SELECT 1"}}, 400, '"query"'),
        ("POST", "queries", {"query": "SELECT 1", "useLegacySql": "no"}, 400, "use_legacy_sql'"),
        ("POST", "queries", {"query": "SELECT 1", "createSession": True}, 501, "createSession"),
        ("POST", "jobs", {"configuration": {"copy": {"a": 1}}}, 501, "configuration.copy"),
        ("POST", "jobs", {"configuration": {"extract": {"a": 1}}}, 501, "configuration.extract"),
        ("POST", "jobs", {"configuration": {}}, 400, "configuration"),
        ("POST", "jobs", {"configuration": [{}]}, 400, "cannot start list"),
        ("POST", "jobs", {"configuration": {"load": {}}, "dryRun": True}, 400, '"dryRun" at'),
        ("POST", "jobs", {"configuration": {"load": {}, "dryRun": True}}, 501, "dryRun of a load"),
        ("POST", "datasets", {"datasetReference": "d"}, 400, "an object is expected"),
        ("POST", "datasets", {"isCaseInsensitive": True}, 501, "isCaseInsensitive"),
        ("POST", "datasets", {"labels": {"Team": "x"}}, 400, 'label key "Team"'),
        ("POST", "datasets", {"labels": {"1": "x"}}, 400, 'label key "1"'),
        ("POST", "datasets", {"labels": {"a" * 64: "x"}}, 400, "label key"),
        ("POST", "datasets", {"labels": {"a": "Ä"}}, 400, 'label value "Ä"'),
        ("POST", "datasets", {"labels": {"a": 1}}, 400, 'label value "1"'),
        ("POST", "datasets", {"labels": {f"a{n}": "" for n in range(65)}}, 400, "most 64 labels"),
        ("POST", "datasets", {"labels": ["a"]}, 400, "labels expected"),
        ("POST", "datasets/d/tables", {"clustering": {"fields": "a"}}, 400, "texts expected"),
        ("POST", "datasets/d/tables", {"clustering": {"fields": [1]}}, 400, "texts expected"),
        ("GET", "datasets?maxResults=ten", None, 400, "max_results'"),
        ("GET", "datasets?filter=name:x", None, 400, "Invalid filter: name:x"),
        ("GET", "datasets?alt=media", None, 501, "alt media"),
        ("GET", "datasets?callback=f", None, 501, "callback"),
        ("GET", "datasets?fields=a(b", None, 400, "field selection"),
        ("GET", "jobs?projection=half", None, 501, "projection half"),
        ("DELETE", "jobs/none/delete", None, 404, "Not found: Job"),
        ("GET", "datasets/none/routines", None, 404, "Not found: Dataset"),
        ("POST", "datasets/none/tables/t:getIamPolicy", {}, 501, "getIamPolicy"),
    ],
)
def test_request_that_is_refused(warehouse, method, path, body, status, text):
    """A request is refused with the name of what it is refused for."""
    answer = warehouse.call(method, path, body)

    assert (status, True) == (answer[0], text in answer[1]["error"]["message"])


def test_depth(warehouse):
    """A schema that is nested without end is refused, as any that BigQuery cannot read."""
    body = b'{"schema": {"fields": [' + b'{"fields": [' * 400 + b"]}" * 400 + b"]}}"
    status, answer = warehouse.call("POST", "datasets/d/tables", body)

    assert (400, True) == (status, "nested too deeply" in answer["error"]["message"])


def test_labels(warehouse):
    """Labels may be in any script that has no capitals."""
    labels = {"language": "français", "city": "東京", "team_1-a": "", "é": None}
    body = {"datasetReference": {"datasetId": "labelled"}, "labels": labels}

    assert (200, labels) == (warehouse.call("POST", "datasets", body)[0], body["labels"])
