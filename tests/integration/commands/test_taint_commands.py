"""What commands print and write: never a key, a token or a password, whatever goes wrong."""

import pytest
from planted_secrets import PlantedSecrets
from serving import serve
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from analytics_commands.__main__ import NAMES
from analytics_commands.__main__ import command as door_of

SENDING = ("upload-file", "scale-test")
FILE = "a crash.txt"
_ACCOUNT = '{"type":"service_account","client_email":"a@b","token_uri":"http://127.0.0.1:9",'
KEY_FILES = (
    *("SECRET", '"SECRET"', '{"SECRET":1}', '{"type":"?","private_key":"SECRET"}'),
    *('{"private_key":"SECRET', f'{_ACCOUNT}"private_key":"SECRET"}}', f'{_ACCOUNT}"SECRET":1}}'),
    f'{_ACCOUNT}"private_key":"-----BEGIN PRIVATE KEY-----\\nSECRET\\n-----END PRIVATE KEY-----"}}',
)


@pytest.fixture(name="planted")
def _planted():
    return PlantedSecrets()


@pytest.fixture(name="run")
def _run(variables, planted, monkeypatch, capfd, tmp_path):
    """Run a command in an empty folder, with a key; returns its exit code and the secrets in it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("API_KEY", planted.make("API key"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text("Segmentation fault\n")

    def run(name, *arguments):
        capfd.readouterr()
        try:
            code = door_of(name).main([str(each) for each in arguments])
        except SystemExit as exc:
            code = exc.code
        printed = "".join(capfd.readouterr())
        assert printed
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        return code, planted.found_in(printed.encode() + b"".join(written))

    return run


def sending(name):
    """Return arguments with which a command sends one thing, once."""
    return {
        "upload-file": (FILE, "--attempts", 1),
        "scale-test": ("--n", 1, "--wait-seconds", 1, "--report", "report.html"),
    }[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelt_option(run, planted, name):
    """An option that does not exist is named without what was given to it."""
    secret = planted.make("misplaced key")

    assert (2, set()) == run(name, f"--apikey={secret}")
    assert (2, set()) == run(name, "--no-such-option", f"--api_key={secret}")


def test_an_upload(run, planted, variables, monkeypatch):
    """What is shown of a file that was uploaded holds neither the key nor the signed URL."""
    planted.know("API key", variables["API_KEY"])
    monkeypatch.setenv("API_KEY", variables["API_KEY"])

    assert (0, set()) == run("upload-file", *sending("upload-file"))


@pytest.mark.parametrize("key", KEY_FILES)
@pytest.mark.parametrize("name", ["audit", "scale-test"])
def test_a_key_file_that_is_none(run, planted, monkeypatch, tmp_path, name, key):
    """What is wrong with the key of a service account is told without the key."""
    for emulator in ("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST"):
        monkeypatch.delenv(emulator)
    file = tmp_path.with_suffix(".json")
    file.write_text(key.replace("SECRET", planted.make("private key")))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    options = (*sending(name), "--gcp-secret-path", file) if name in SENDING else ()

    assert (1, set()) == run(name, *options)


@pytest.mark.parametrize("name", SENDING)
class TestGateways:
    def test_a_wrong_key(self, run, name):
        """A key that the gateway refuses is not shown."""
        assert (1, set()) == run(name, *sending(name))

    @pytest.mark.parametrize("shape", ["json", "page", "redirect", "reason"])
    def test_one_that_repeats_what_it_was_sent(self, run, name, shape):
        """What a proxy's error page repeats of a request is not shown."""

        def answer(request):
            said = f"no {request.url} here, {request.headers}"
            return {
                "json": JSONResponse({"code": 404, "message": said}, 404),
                "page": PlainTextResponse(said, 404),
                "redirect": Response(said, 302, {"Location": str(request.url)}),
                "reason": JSONResponse({"code": 400, "reason": "?", "message": said}, 400),
            }[shape]

        app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
        with serve(app) as url:
            assert (1, set()) == run(name, *sending(name), "--host", url)

    @pytest.mark.parametrize(
        "host",
        [
            *("http://ann:{}@127.0.0.1:9", "http://127.0.0.1:9?key={}", "http://127.0.0.1:9/{}"),
            *("ftp://ann:{}@127.0.0.1", "//ann:{}@127.0.0.1", "http://ann:{}@[::1", "http://{}:x"),
        ],
    )
    def test_an_address_with_a_secret(self, run, planted, monkeypatch, name, host):
        """A password or a key in the gateway's address is not shown, whatever is wrong with it."""
        monkeypatch.setenv("ANALYTICS_URL", host.format(planted.make("password")))

        code, found = run(name, *sending(name))

        assert (True, set()) == (code in {1, 2}, found)
