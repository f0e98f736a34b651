"""Clients that the usual generators make of the OpenAPI documents, against the running gateway."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

GENERATORS = Path(os.environ.get("CLIENT_GENERATORS", "nowhere")).absolute()
PROGRAMS = Path(__file__).parent / "generated_clients"
DOCUMENTS = Path(__file__).parents[2] / "api-gateway"
COMPILE = "tsc --strict --skipLibCheck --target es2022 --module nodenext"
CLIENTS = {
    "openapi-typescript": [
        "openapi-typescript openapi-3.1.yaml --output api.d.ts",
        f"{COMPILE} with_openapi_fetch.ts",
        "node with_openapi_fetch.js",
    ],
    "openapi-python-client": [
        "openapi-python-client generate --path openapi-3.1.yaml --output-path api --meta none",
        "python with_openapi_python_client.py",
    ],
    "swagger-typescript-api": [
        "swagger-typescript-api generate --path openapi.yaml --output . --name api.ts",
        f"{COMPILE} with_swagger_typescript_api.ts",
        "node with_swagger_typescript_api.js",
    ],
}

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        not ((GENERATORS / "bin").is_dir() and shutil.which("node")),
        reason="node, or CLIENT_GENERATORS=$(.ci/client-generators), is missing",
    ),
]


@pytest.fixture(name="run")
def _run(tmp_path):
    """Run a command of the generators beside programs and documents; returns what it prints."""
    shutil.copytree(PROGRAMS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(DOCUMENTS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(GENERATORS / "node_modules")
    folders = [GENERATORS / "bin", GENERATORS / "node_modules" / ".bin", os.environ["PATH"]]
    variables = {**os.environ, "PATH": os.pathsep.join(map(str, folders)), "PYTHONPATH": ""}

    def run(name, *arguments):
        result = subprocess.run(
            [shutil.which(name, path=variables["PATH"]), *arguments],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


@pytest.mark.parametrize("commands", CLIENTS.values(), ids=CLIENTS)
def test_generated_client(commands, run, base_url, api_key):
    """It has types, sends an event, a batch and a file, and reads why an event is refused."""
    *make, play = map(str.split, commands)
    for command in make:
        run(*command)

    answers = json.loads(run(*play, base_url, api_key))

    assert {"events": [1, 2], "upload": 200, "refused": [400, "invalid_parameter"]} == answers
