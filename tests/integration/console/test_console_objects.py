"""The bucket in the console: folder by folder, object by object."""

import gzip
import html

import pytest
from pipeline_client import unique

PATH = "/console/objects"


@pytest.fixture(name="page")
def _page(pipeline):
    """Return the page's text, and the same as JSON."""

    def page(**parameters):
        answers = [
            pipeline.request("GET", path, key=None, **parameters) for path in (PATH, f"{PATH}.json")
        ]
        return html.unescape(answers[0].text), answers[1].json()

    return page


@pytest.fixture(name="store")
def _store(pipeline):
    """Store an object; returns its name."""

    def store(name, content, **attributes):
        blob = pipeline.bucket.blob(name)
        for attribute, value in attributes.items():
            setattr(blob, attribute, value)
        blob.upload_from_string(content)
        return name

    return store


def test_from_the_root_to_an_event(pipeline, page):
    """Folders lead to an object, and it shows its lines, its rows and its dead letters."""
    environment = unique("objects")
    answer = pipeline.send(
        [{"eventType": "seen"}, 5], event_category="function", analytics_environment=environment
    )
    pipeline.wait_for_rows(1, answer["batch_id"])
    condition = f"analytics_environment = '{environment}'"
    pipeline.wait_for_count(1, f"SELECT COUNT(*) FROM events.open_dead_letters WHERE {condition}")

    folder, twin = "", page(prefix="data_type=json/")[1]
    while not twin["objects"]:
        (folder,) = [each for each in twin["folders"] if environment in each]
        twin = page(prefix=folder)[1]
    (listed,) = twin["objects"]
    text, one = page(object=listed["name"])

    assert "seen" in text
    assert [1] == [row["line"] for row in one["rows"]]
    assert [(2, "not_an_object")] == [(each["line"], each["reason"]) for each in one["letters"]]
    assert 'id="line-2"' in text
    assert f"gs://{pipeline.bucket.name}/{listed['name']}" in text


@pytest.mark.parametrize(
    "leaf",
    [
        "a//b",
        "a/../b",
        "..",
        "a %2F#?[1]*'\"\\~ж",
        "<script>alert(1)</script>",
        "\u202etxt.exe",
        "/",
    ],
)
def test_odd_names(store, page, pipeline, leaf):
    """Whatever an object is called, it is found, shown and downloaded."""
    folder = unique("odd")
    name = store(f"{folder}/{leaf}", b"content")

    (listed,) = [*(listing := page(prefix=f"{folder}/")[1])["objects"], *listing["folders"]]
    text, twin = page(object=name)
    file = pipeline.request("GET", f"{PATH}/download", key=None, object=name)

    assert name.startswith(listed if isinstance(listed, str) else listed["name"])
    assert ["content"] == twin["preview"]["lines"]
    assert "<script>alert" not in pipeline.request("GET", PATH, key=None, object=name).text
    assert "\u202e" not in text.replace(f'value="gs://{pipeline.bucket.name}/{name}"', "")
    assert b"content" == file.content


def test_download_is_a_file_only(store, pipeline):
    """An object leaves the console as a file, byte for byte, and never as a page of it."""
    packed = gzip.compress(b"<script>alert(1)</script>", mtime=0)
    name = store(
        f"{unique('file')}/page.html", packed, content_type="text/html", content_encoding="gzip"
    )

    answer = pipeline.request("GET", f"{PATH}/download", key=None, object=name)

    assert packed == answer.content
    assert "application/octet-stream" == answer.headers["Content-Type"]
    assert "attachment; filename*=UTF-8''page.html" == answer.headers["Content-Disposition"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]


def test_gzip_is_shown_decoded(store, page):
    """An object that is labelled gzip is shown as what is in it."""
    name = store(
        unique("zip"),
        gzip.compress(b'{"a":1}\n', mtime=0),
        content_encoding="gzip",
        content_type="a/b",
    )

    _, twin = page(object=name, **{"as": "raw"})

    assert ['{"a":1}'] == twin["preview"]["lines"]
    assert "gzip" == twin["properties"]["contentEncoding"]


def test_of_a_large_object_the_beginning(store, page, pipeline):
    """Of a large object the page has the first 64 KB, and the file all of it."""
    content = b"0123456789abcde\n" * 1_000_000
    name = store(unique("large"), content)

    text, twin = page(object=name, **{"as": "hex"})
    file = pipeline.request("GET", f"{PATH}/download", key=None, object=name)

    assert "16,000,000 bytes; the beginning of it" in text
    assert 4096 // 16 == len(twin["preview"]["lines"])
    assert content == file.content


def test_pages_of_a_folder(store, page):
    """A folder of many objects comes page by page, each object once."""
    folder = unique("many")
    names = [store(f"{folder}/{number:03}", b"") for number in range(203)]

    text, first = page(prefix=f"{folder}/")
    _, second = page(prefix=f"{folder}/", page=first["next"])

    assert names == [each["name"] for each in (*first["objects"], *second["objects"])]
    assert ">More<" in text
    assert "" == second["next"]


@pytest.mark.parametrize(
    ("parameters", "status", "message"),
    [
        ({"object": "nothing/there"}, 404, "nothing/there"),
        ({"object": "x", "as": "picture"}, 400, "as: one of pretty, raw, hex"),
        ({"page": "zzz"}, 400, ""),
    ],
)
def test_what_is_not_there(pipeline, parameters, status, message):
    """What cannot be shown is said on the page, with the storage's status."""
    answer = pipeline.request("GET", PATH, key=None, **parameters)

    assert status == answer.status_code
    assert 'role="alert"' in answer.text
    assert message in answer.text
