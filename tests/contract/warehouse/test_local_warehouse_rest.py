"""Local BigQuery: parameters and headers of the REST API have the effect that is documented."""

import json
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest
from local_warehouse import PROJECT, FolderObjects, running_warehouse


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("rest")) as warehouse:
        yield warehouse


@pytest.fixture(name="table", scope="module")
def _table(warehouse):
    """Create a table with a row whose fields say their paths."""
    dataset = warehouse.new_dataset()
    fields = [
        {"name": "n", "type": "INTEGER"},
        {
            "name": "R",
            "type": "RECORD",
            "fields": [
                {"name": "a", "type": "STRING"},
                {"name": "s", "type": "RECORD", "fields": [{"name": "b", "type": "STRING"}]},
            ],
        },
    ]
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    resource = {"tableReference": reference, "schema": {"fields": fields}}
    warehouse.call("POST", f"datasets/{dataset}/tables", resource)
    row = {"n": 1, "R": {"a": "R.a", "s": {"b": "R.s.b"}}}
    assert [] == warehouse.client.insert_rows_json(f"{dataset}.t", [row])
    return f"datasets/{dataset}/tables/t"


@pytest.fixture(name="colors", scope="module")
def _colors(warehouse):
    """Create three datasets in a project of their own; return the URL of its datasets."""
    url = f"{warehouse.url}/bigquery/v2/projects/colors/datasets"
    labels = {"red": {"color": "red", "size": "s"}, "blue": {"color": "blue"}, "_hidden": {}}
    for name, found in labels.items():
        body = {"datasetReference": {"datasetId": name}, "labels": found}
        warehouse.http.request("POST", url, json=body)
    return url


def names(fields):
    """Return the paths of a schema's columns."""
    return [
        f"{field['name']}{'.' if rest else ''}{rest}"
        for field in fields
        for rest in names(field.get("fields", ())) or [""]
    ]


def cells(value):
    """Return the scalars of a row, in order."""
    if isinstance(value, dict):
        return [scalar for cell in value["f"] for scalar in cells(cell["v"])]
    return [value]


@pytest.mark.parametrize(
    ("selected", "paths"),
    [
        ("", ["n", "R.a", "R.s.b"]),
        ("n", ["n"]),
        ("r,N", ["n", "R.a", "R.s.b"]),
        ("R.s", ["R.s.b"]),
        ("R.s.b,R.a", ["R.a", "R.s.b"]),
        ("R.s.b,R", ["R.a", "R.s.b"]),
        ("R.a, n", ["n", "R.a"]),
        ("x", None),
        ("R.x", None),
        ("n.x", None),
        ("R.s.b.c", None),
    ],
)
def test_selected_fields(warehouse, table, selected, paths):
    """tables.get and tabledata.list tell the selected fields, at any depth, in their own order."""
    status, got = warehouse.call("GET", f"{table}?selectedFields={selected}")
    listed = warehouse.call("GET", f"{table}/data?selectedFields={selected}")

    if paths is None:
        assert (400, 400) == (status, listed[0])
        return
    assert paths == names(got["schema"]["fields"])
    assert [path.replace("n", "1") for path in paths] == cells(listed[1]["rows"][0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("kind", {"kind": "bigquery#table"}),
        ("tableReference/tableId", {"tableReference": {"tableId": "t"}}),
        ("schema(fields/name),numRows", {"schema": {"fields": [{"name": "n"}, {"name": "R"}]}}),
        ("schema/*/name", {"schema": {"fields": [{"name": "n"}, {"name": "R"}]}}),
        ("nothing", {}),
    ],
)
def test_partial_answer(warehouse, table, fields, expected):
    """`fields` leaves of an answer what it names."""
    answer = warehouse.call("GET", f"{table}?fields={fields}&view=BASIC")

    assert (200, expected) == answer


def test_table_without_columns(warehouse):
    """A table without a schema has no rows, and no error that clients would wait for to pass."""
    dataset = warehouse.new_dataset()
    warehouse.client.create_table(f"{dataset}.t")
    table = warehouse.client.get_table(f"{dataset}.t")

    assert (0, []) == (table.num_rows, list(warehouse.client.list_rows(table)))


@pytest.mark.parametrize("resource", ["datasets/{}", "datasets/{}/tables/t"])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_etags(warehouse, resource, method):
    """A change under another etag than the resource's is 412; a copy that is current is 304."""
    dataset = warehouse.new_table("a:STRING").partition(".")[0]
    path = resource.format(dataset)
    etag = warehouse.call("GET", path)[1]["etag"]
    body = None if method == "DELETE" else {"description": "d"}
    contents = "?deleteContents=true" if body is None and "tables" not in path else ""

    assert 412 == warehouse.call(method, path + contents, body, **{"If-Match": "x"})[0]
    assert 304 == warehouse.call("GET", path, **{"If-None-Match": etag})[0]
    assert warehouse.call(method, path + contents, body, **{"If-Match": etag})[0] in {200, 204}
    assert warehouse.call("GET", path, **{"If-None-Match": etag})[0] in {200, 404}


@pytest.mark.parametrize("resource", ["datasets/{}", "datasets/{}/tables/t"])
def test_update_replaces(warehouse, resource):
    """An update takes away what it does not name, labels too; what the service sets stays."""
    dataset = warehouse.new_table("a:STRING").partition(".")[0]
    path = resource.format(dataset)
    old = warehouse.call("PATCH", path, {"description": "d", "labels": {"a": "1", "b": "2"}})[1]
    new = warehouse.call("PUT", path, {"labels": {"b": "3"}, "id": "x", "creationTime": "1"})[1]

    assert {**old, "labels": {"b": "3"}, "etag": new["etag"]} == {**new, "description": "d"}
    assert "description" not in new


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", ["blue", "red"]),
        ("all=true", ["_hidden", "blue", "red"]),
        ("all=false", ["blue", "red"]),
        ("filter=labels.color:red", ["red"]),
        ("filter=labels.color", ["blue", "red"]),
        ("filter=labels.color:", ["blue", "red"]),
        ("filter=labels.color:red labels.size:s", ["red"]),
        ("filter=labels.color:red AND labels.size:l", []),
        ("all=true&filter=labels.color:re", []),
        ("maxResults=1", ["blue"]),
        ("maxResults=1&pageToken=1", ["red"]),
    ],
)
def test_list_of_datasets(warehouse, colors, parameters, expected):
    """Hidden datasets are listed when all are asked for; a filter takes those with the labels."""
    answer = json.loads(warehouse.http.request("GET", f"{colors}?{parameters}").data)

    assert expected == [item["datasetReference"]["datasetId"] for item in answer["datasets"]]


def test_no_routines_and_models(warehouse):
    """Lists of what cannot be created are empty, and none is found."""
    dataset = warehouse.new_table("a:STRING").partition(".")[0]

    assert ([], []) == (
        list(warehouse.client.list_routines(dataset)),
        list(warehouse.client.list_models(dataset)),
    )
    for kind in ("routine", "model"):
        for method in ("GET", "DELETE"):
            status, answer = warehouse.call(method, f"datasets/{dataset}/{kind}s/x")
            text = f"Not found: {kind.title()} {PROJECT}:{dataset}.x"
            assert (404, text) == (status, answer["error"]["message"])
    policies = f"datasets/{dataset}/tables/t/rowAccessPolicies"
    assert (200, {}) == warehouse.call("GET", policies)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("", True),
        ("stateFilter=done", True),
        ("stateFilter=running&stateFilter=done", True),
        ("stateFilter=pending&stateFilter=running", False),
        ("parentJobId=x", False),
        ("minCreationTime={at}&maxCreationTime={at}", True),
        ("minCreationTime={after}", False),
        ("maxCreationTime={before}", False),
        ("allUsers=true&maxResults=1", True),
    ],
)
def test_list_of_jobs(warehouse, parameters, found):
    """jobs.list takes the jobs of the states and times that are asked for."""
    job = warehouse.client.query("SELECT 1")
    at = int(job.created.timestamp() * 1000)
    asked = parameters.format(at=at, after=at + 1, before=at - 1)
    status, answer = warehouse.call("GET", f"jobs?{asked}")

    assert (200, found) == (
        status,
        job.job_id in [j["jobReference"]["jobId"] for j in answer["jobs"]],
    )


def test_projection_of_jobs(warehouse):
    """Lists tell a job's configuration and status in full, else only how it failed."""
    warehouse.client.query("SELECT 1").result()
    (full,) = warehouse.call("GET", "jobs?maxResults=1&projection=full")[1]["jobs"]
    (minimal,) = warehouse.call("GET", "jobs?maxResults=1")[1]["jobs"]

    assert {"configuration", "status"} == set(full) - set(minimal)


def test_deleted_job(warehouse):
    """A deleted job is gone, with its rows."""
    job = warehouse.client.query("SELECT 1")

    assert (200, {}) == warehouse.call("DELETE", f"jobs/{job.job_id}/delete")
    assert 404 == warehouse.call("GET", f"jobs/{job.job_id}")[0]
    assert 404 == warehouse.call("GET", f"queries/{job.job_id}")[0]


@pytest.mark.parametrize(
    ("location", "found"), [("EU", True), ("eu", True), ("", True), ("US", False)]
)
def test_location_of_a_job(warehouse, location, found):
    """A job is found in its own location, or without one."""
    job = warehouse.client.query("SELECT 1", location="EU").job_id
    requests = [("GET", f"jobs/{job}"), ("POST", f"jobs/{job}/cancel"), ("GET", f"queries/{job}")]
    requests += [("DELETE", f"jobs/{job}/delete")]
    paths = [(method, f"{path}?location={location}") for method, path in requests]

    assert {200 if found else 404} == {warehouse.call(*request)[0] for request in paths}


def test_configuration_of_a_job(warehouse):
    """A job tells its query parameters in the types of the API, whatever a client sent."""
    parameter = {
        "name": "t",
        "parameterType": {"type": "FLOAT64"},
        "parameterValue": {"value": 1.5},
    }
    query = {"query": "SELECT @t", "useLegacySql": False, "queryParameters": [parameter]}
    job = warehouse.call("POST", "jobs", {"configuration": {"query": query}})[1]
    (kept,) = job["configuration"]["query"]["queryParameters"]

    assert ("DONE", "1.5") == (job["status"]["state"], kept["parameterValue"]["value"])


def test_same_request_runs_once(warehouse):
    """A query with the same requestId runs once in 15 minutes; another one is another request."""
    dataset = warehouse.new_dataset()
    create = {"query": f"CREATE TABLE {dataset}.t (a INT64)", "useLegacySql": False}

    def ask(**changes):
        return warehouse.call("POST", "queries", {**create, **changes})

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: ask(requestId="r", timeoutMs=n), range(4)))
    assert [answers[0]] * 4 == answers
    assert (200, answers[0]) == (answers[0][0], ask(requestId="r"))
    assert 409 == ask(requestId="s")[0]
    assert 200 == ask(requestId="r", query=f"CREATE TABLE {dataset}.u (a INT64)")[0]
    assert 200 == warehouse.call("GET", f"datasets/{dataset}/tables/u")[0]
    assert 200 == ask(requestId="r", dryRun=True)[0]
    warehouse.clock.time += 15 * 60 + 1
    assert 409 == ask(requestId="r")[0]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("formatOptions.useInt64Timestamp=true", "1500000"),
        ("formatOptions.timestampOutputFormat=INT64", "1500000"),
        ("formatOptions.timestampOutputFormat=FLOAT64", "1.500000"),
        ("formatOptions.useInt64Timestamp=false", "1.500000"),
        ("", "1.500000"),
    ],
)
def test_format_of_timestamps(warehouse, parameters, expected):
    """TIMESTAMP is in seconds, or in microseconds as an integer, by either of two options."""
    job = warehouse.client.query("SELECT TIMESTAMP '1970-01-01 00:00:01.5+00' AS t")
    got = warehouse.call("GET", f"queries/{job.job_id}?{parameters}")[1]

    assert expected == got["rows"][0]["f"][0]["v"]


@pytest.mark.parametrize("limit", [0, 1, "2", None])
def test_rows_of_the_first_page(warehouse, limit):
    """jobs.query answers with as many rows as are asked for, none included."""
    body = {"query": "SELECT * FROM UNNEST([1, 2, 3]) AS n", "useLegacySql": False}
    answer = warehouse.call("POST", "queries", {**body, "maxResults": limit})[1]

    assert (3 if limit is None else int(limit)) == len(answer["rows"])
    assert ("pageToken" in answer) is (limit is not None)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ValueError("x"), 501),
        (duckdb.ParserException("x"), 501),
        (duckdb.ConversionException("x"), 501),
        (duckdb.TransactionException("x"), 503),
        (duckdb.IOException("x"), 503),
        (OSError("x"), 503),
    ],
    ids=repr,
)
def test_unforeseen_failure(warehouse, monkeypatch, failure, status):
    """What fails again for certain is nothing that clients try again; the disk may recover."""

    def fail(*_):
        raise failure

    monkeypatch.setattr(FolderObjects, "expand", fail)
    dataset = warehouse.new_dataset()
    external = {"sourceFormat": "CSV", "sourceUris": ["gs://b/o"]}
    body = {"tableReference": {"tableId": "t"}, "externalDataConfiguration": external}

    assert status == warehouse.call("POST", f"datasets/{dataset}/tables", body)[0]
    warehouse.http.clear()  # the server closes the connection after a defect


class TestTimeout:
    ENDLESS = (
        "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS a,"
        " UNNEST(GENERATE_ARRAY(1, 300000)) AS b, UNNEST(GENERATE_ARRAY(1, 300000)) AS c"
        " WHERE MOD(a * b + c, 7) = 3"
    )

    @pytest.mark.parametrize("timeout", [300, "300"])
    def test_query(self, warehouse, timeout):
        """A query that runs for longer than `jobTimeoutMs` is stopped, and says so."""
        body = {"query": self.ENDLESS, "useLegacySql": False, "jobTimeoutMs": timeout}
        status, answer = warehouse.call("POST", "queries", body)
        (error,) = answer["error"]["errors"]

        assert (400, "timeout") == (status, error["reason"])
        assert "Operation timed out after 0.3 seconds." == error["message"]

    def test_job(self, warehouse):
        """So is a job, which stays known as one that failed."""
        query = {"query": self.ENDLESS, "useLegacySql": False}
        job = {"configuration": {"query": query, "jobTimeoutMs": "300"}}
        status, answer = warehouse.call("POST", "jobs", job)
        _, known = warehouse.call("GET", f"jobs/{answer['jobReference']['jobId']}")

        assert (200, "timeout") == (status, answer["status"]["errorResult"]["reason"])
        assert answer["status"] == known["status"]

    def test_change(self, warehouse):
        """Of a statement that is stopped nothing stays."""
        dataset = warehouse.new_dataset()
        sql = f"CREATE TABLE {dataset}.made AS {self.ENDLESS.replace('COUNT(*)', 'COUNT(*) AS n')}"
        body = {"query": sql, "useLegacySql": False, "jobTimeoutMs": 300}
        status, _ = warehouse.call("POST", "queries", body)

        assert 400 == status
        assert 404 == warehouse.call("GET", f"datasets/{dataset}/tables/made")[0]

    def test_in_time(self, warehouse):
        """What ends in time is answered as ever."""
        body = {"query": "SELECT 1", "useLegacySql": False, "jobTimeoutMs": 600_000}
        status, answer = warehouse.call("POST", "queries", body)

        assert (200, "1") == (status, answer["totalRows"])
