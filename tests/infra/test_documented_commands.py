"""Commands that the pages on deploying show, and that scripts run, are what the programs take."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from documented_commands import PAGES, commands_in

from analytics_commands.deploy import command as deploy
from analytics_commands.rehearse import command as rehearse
from analytics_commands.teardown import command as teardown
from checkout import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()
SCRIPTS = {"deploy": deploy, "rehearse": rehearse, "teardown": teardown}
needs_gcloud = [
    pytest.mark.clients,
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed"),
]


def shown(program):
    """Return the pages' commands of one program."""
    pages = (page.read_text() for page in PAGES)
    return [words for text in pages for words in commands_in(text) if words[0] == program]


@pytest.fixture(name="rehearsed")
def _rehearsed(capsys, tmp_path):
    """Return the commands that a script would run, where it finds no program to run."""

    def rehearsed(main, *options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", str(tmp_path))
            patch.chdir(ROOT)
            assert 0 == main(["--project-id", "my-project", "--yes", "--dry-run", *options])
        return [shlex.split(line) for line in capsys.readouterr().out.splitlines()]

    return rehearsed


def refusals(commands, folder):
    """Return what gcloud's own parser refuses, without running any of it."""
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": shlex.join(words)} for words in commands]))
    result = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        env={**os.environ, "CLOUDSDK_CONFIG": str(folder), "CLOUDSDK_CORE_PROJECT": "p"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    verdicts = json.loads(result.stdout)
    assert len({shlex.join(words) for words in commands}) == len(verdicts)
    return [
        f"{each['command_string']}: {each['error_message']}"
        for each in verdicts
        if not each["success"]
    ]


class TestGcloud:
    pytestmark = needs_gcloud

    def test_pages(self, tmp_path):
        """Every gcloud command of the pages is one that gcloud accepts."""
        commands = shown("gcloud")

        assert 40 < len(commands)
        assert [] == refusals(commands, tmp_path)

    def test_scripts(self, rehearsed, tmp_path):
        """Every gcloud command that the scripts run is one that gcloud accepts."""
        commands = rehearsed(deploy.main)
        commands += rehearsed(teardown.main, "--delete-data", "my-project")
        commands = [words for words in commands if words[0] == "gcloud"]

        assert 11 == len(commands)
        assert [] == refusals(commands, tmp_path)

    def test_an_invented_flag(self, tmp_path):
        """The parser refuses what does not exist: a flag, a value, a command."""
        invented = [
            shlex.split("gcloud functions deploy load --gen2 --retries=3"),
            shlex.split("gcloud functions deploy load --gen2 --concurrency=many"),
            shlex.split("gcloud api-gateway keys create"),
        ]

        assert 3 == len(refusals(invented, tmp_path))


@pytest.mark.clients
@pytest.mark.skipif(not shutil.which("bq"), reason="bq is not installed")
@pytest.mark.parametrize("command", ["mk", "mkdef", "add-iam-policy-binding", "query"])
def test_bq(command):
    """Flags that the pages give to bq are known to it, and come first, as it wants them."""
    known = subprocess.run(
        ["bq", "help", command], capture_output=True, text=True, check=False, timeout=60
    ).stdout
    given = [words[words.index(command) + 1 :] for words in shown("bq") if command in words]
    flags = {word[2:].split("=")[0] for words in given for word in words if word[:2] == "--"}

    assert flags
    assert [] == [flag for flag in flags if not re.search(rf"--(\[no\])?{flag}\b", known)]
    assert [] == [words for words in given if sorted(words, key=_is_no_flag) != words]


def _is_no_flag(word):
    return not word.startswith("--")


def test_terraform_by_hand(rehearsed):
    """The page's Terraform commands are those of `deploy`, in its order, which looks in between."""
    looks = {"-json", "plan", "show"}
    commands = [words[:3] for words in rehearsed(deploy.main) if words[0] == "terraform"]
    ran = [words for words in commands if words[2] not in looks]
    section = PAGE.split("## With Terraform alone")[1].split("\n## ")[0]
    by_hand = [words[:3] for words in commands_in(section) if words[0] == "terraform"]

    assert ran[:3] == by_hand[:3]
    assert {"output"} == {words[2] for words in by_hand[3:]}
    told = [words for words in commands_in(section) if words[1] == "services"]
    assert [told[0]] == [words for words in rehearsed(deploy.main) if "enable" in words]


def test_outputs_by_hand():
    """The outputs that the pages read are declared."""
    declared = (ROOT / "terraform" / "outputs.tf").read_text()
    named = [words[-1] for words in shown("terraform") if "output" in words]

    assert {"tune_delivery", "send_event", "query_events"} <= set(named)
    assert all(f'output "{name}"' in declared for name in named)


@pytest.mark.parametrize("words", shown("analytics"), ids=shlex.join)
def test_scripts_take_what_the_page_says(words):
    """Every script of the pages exists and takes the options that are shown."""
    SCRIPTS[words[1]].build_parser().parse_args(words[2:] or ["--project-id", "my-project"])
