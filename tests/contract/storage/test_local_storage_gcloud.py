"""`gcloud storage`, as an operator uses it, against the local storage."""

import json
import os
import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]


@pytest.fixture(name="gcloud")
def _gcloud(bucket, tmp_path):
    """Return a function that runs `gcloud storage` and returns what it prints."""
    token = tmp_path / "token"
    token.write_text("local")
    environment = {
        **os.environ,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{bucket.url}/",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": "local-project",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    }

    def run(*arguments):
        command = ["gcloud", "storage", *arguments]
        answer = subprocess.run(
            command, env=environment, capture_output=True, timeout=60, check=False
        )
        assert 0 == answer.returncode, answer.stderr.decode()
        return answer.stdout.decode()

    return run


def test_a_folder_goes_up_and_comes_down(gcloud, bucket, tmp_path):
    """Files of any name and size are copied there and back, listed, printed and removed."""
    files = {"one.txt": b"one", "sub/two #%+ü?.txt": b"two", "large.bin": os.urandom(9_000_000)}
    for name, content in files.items():
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    root = f"gs://{bucket.name}"

    gcloud("cp", "--recursive", str(tmp_path / "up"), f"{root}/data=1")
    listed = gcloud("ls", f"{root}/**").splitlines()
    assert sorted(f"{root}/data=1/{name}" for name in files) == sorted(listed)
    assert "onetwo" == gcloud("cat", f"{root}/data=1/one.txt", f"{root}/data=1/sub/two #%+ü?.txt")
    (tmp_path / "down").mkdir()
    gcloud("cp", "--recursive", f"{root}/data=1", str(tmp_path / "down"))
    for name, content in files.items():
        assert content == (tmp_path / "down" / "data=1" / name).read_bytes()
    gcloud("rm", "--recursive", root)
    assert 404 == bucket.send("GET", "/storage/v1/b/{bucket}").status


def test_an_object_is_copied_described_and_changed(gcloud, bucket):
    """Copies inside the cloud keep the content; custom metadata can be set."""
    bucket.write("a", b"content", content_type="text/x-a")
    copy = f"gs://{bucket.name}/b"

    gcloud("cp", f"gs://{bucket.name}/a", copy)
    gcloud("objects", "update", copy, "--custom-metadata=key=value")
    described = json.loads(gcloud("objects", "describe", copy, "--format=json"))
    assert ("text/x-a", 7, {"key": "value"}) == (
        described["content_type"],
        described["size"],
        described["custom_fields"],
    )


def test_a_bucket_is_created_and_described(gcloud, make_bucket):
    """A bucket made by gcloud is there for the others."""
    gcloud("buckets", "create", "gs://made-by-gcloud", "--location=eu")

    assert "gs://made-by-gcloud/" in gcloud("ls").splitlines()
    assert 200 == make_bucket("made-by-gcloud").write("x").status
