"""Sending from the console on the running pipeline: by form, by file, and by the lines to paste."""

import json
import os
import shutil
import subprocess
import sys

import mono
import pytest
from pipeline_client import unique

from checkout import ROOT

PATH = "/console/send"
LACKS_NODE = None if shutil.which("node") else "node is not installed"


@pytest.fixture(name="get")
def _get(pipeline):
    """Return the view or its twin, of a link."""

    def get(suffix="", **parameters):
        url = pipeline.url(f"{PATH}{suffix}")
        return pipeline.http.get(url, params=parameters, timeout=60)

    return get


def run_curl(text, _):
    return ["bash", "-c", text]


def run_python(text, _):
    return [sys.executable, "-c", text]


def run_node(text, folder):
    (folder / "node_modules").mkdir()
    (folder / "node_modules/analytics-pipeline-client").symlink_to(ROOT / "clients/javascript")
    (folder / "snippet.mjs").write_text(text)
    return ["node", str(folder / "snippet.mjs")]


def run_mono(text, folder):
    """Compile the lines as a program: mono knows no `using var`, and no statements without one."""
    usings, _, body = text.partition("\n\n")
    body = body.replace("using var ", "var ")
    source = folder / "Snippet.cs"
    source.write_text(f"{usings}\nclass Snippet {{ static void Main() {{\n{body}\n}} }}\n")
    program = mono.compile_program(
        folder / "snippet.exe", [*mono.core_sources(), source], folder, "-target:exe"
    )
    return ["mono", str(program)]


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("curl", run_curl),
        ("Python", run_python),
        pytest.param(
            "JavaScript",
            run_node,
            marks=pytest.mark.skipif(bool(LACKS_NODE), reason=str(LACKS_NODE)),
        ),
        pytest.param(
            "C#", run_mono, marks=pytest.mark.skipif(bool(mono.LACKS), reason=str(mono.LACKS))
        ),
    ],
)
def test_lines_to_paste(get, pipeline, tmp_path, name, prepare):
    """What the page offers to paste sends the event of the form to this pipeline."""
    environment = unique("pasted")
    event = {
        "eventType": 'it\'s "é"',
        "playerId": "ann",
        "eventAttributes": {"level": 7, "boss": True, "at": {"x": 1.5}},
    }
    link = {"environment": environment, "event": json.dumps(event, ensure_ascii=False)}
    snippets = get(".json", **link).json()["snippets"]
    (text,) = (each["text"] for each in snippets if each["name"] == name)
    done = subprocess.run(
        prepare(text, tmp_path),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients/python/src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    where = f"FROM events.events WHERE analytics_environment = '{environment}'"
    pipeline.wait_for_count(1, f"SELECT COUNT(*) {where}")

    columns = "event_type, player_id, TO_JSON_STRING(event_attributes)"
    ((event_type, player, attributes),) = pipeline.query(f"SELECT {columns} {where}")
    assert (event["eventType"], "ann") == (event_type, player)
    assert event["eventAttributes"] == json.loads(attributes)


class TestForm:
    @pytest.fixture(name="send")
    def _send(self, pipeline):
        """Post the form as a browser without JavaScript; returns the page that it leads to."""

        def send(**fields):
            url = pipeline.url(f"{PATH}/event")
            return pipeline.http.post(url, data=fields, timeout=60)

        return send

    def test_sent(self, send, get, pipeline):
        """The event is sent as it was written, and the page has the answer, and the form still."""
        environment, event = unique("formed"), '{"eventType": "<b>", "n": 1.10}'
        page = send(category="function", environment=environment, event=event)
        answer = get(".json", answer=page.url.partition("answer=")[2]).json()["answer"]
        batch = json.loads(answer["text"])["batch_id"]
        pipeline.wait_for_rows(1, batch)

        assert (200, 200) == (page.status_code, answer["status"])
        assert '<span class="good">200</span>' in page.text
        assert (
            "{&#34;eventType&#34;: &#34;&lt;b&gt;&#34;, &#34;n&#34;: 1.10}</textarea>" in page.text
        )
        assert b'"n":1.10,' in pipeline.stored_batch(batch).download_as_bytes()

    def test_refused(self, send):
        """A refusal is shown in the service's words, whatever it is about."""
        answers = [
            send(event="", category="two words"),
            send(event="{}", idempotency_key="short"),
            send(event="{}", idempotency_key="é\n"),
        ]

        assert all('<span class="bad">' in page.text for page in answers)
        assert "event_category: 1 to 64" in answers[0].text
        assert "invalid_header" in answers[1].text

    def test_same_key(self, send):
        """Under one key the same event is one batch, however often the form is sent."""
        key = unique("key")
        fields = {"event": '{"eventType": "again"}', "idempotency_key": key}
        first, second = (
            send(**fields, environment="testing").text.split("batch_id")[1][:50] for _ in range(2)
        )

        assert first == second

    def test_answer_of_somebody_else(self, get):
        """A link to an answer that is not known shows none."""
        assert '<span class="good">' not in get(answer="nothing").text


class TestFile:
    @pytest.fixture(name="upload")
    def _upload(self, pipeline):
        def upload(body, content_type="text/plain", **place):
            url = pipeline.url(f"{PATH}/file")
            headers = {"Content-Type": content_type}
            return pipeline.http.post(url, body, params=place, headers=headers, timeout=120)

        return upload

    @pytest.mark.parametrize("size", [0, 1, 3_000_000])
    def test_stored(self, upload, pipeline, size):
        """A file is stored under the name that is answered, with its type, to the byte."""
        body = bytes(range(256)) * (size // 256) + bytes(size % 256)
        said = upload(body, category="crashdump", parent="build-17", child="dump").json()
        name = said["answer"].removeprefix(f"gs://{pipeline.bucket.name}/")
        blob = pipeline.bucket.get_blob(name)

        assert 200 == said["status"]
        assert "/event_category=crashdump/" in name
        assert "/build-17/dump-" in name
        assert ("text/plain", body) == (blob.content_type, blob.download_as_bytes())

    def test_refused(self, upload):
        """What the service refuses is answered in its words."""
        said = upload(b"x", category="two words").json()

        assert (400, True) == (said["status"], "event_category: " in said["answer"])

    def test_too_large(self, upload):
        """Of a file that is too large nothing is stored."""
        answer = upload(bytes(50_000_001))

        assert (413, True) == (answer.status_code, "more than 50,000,000" in answer.text)
