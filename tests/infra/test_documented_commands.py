"""Commands that the deployment page shows, and that the scripts run, are what the programs take."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from test_terraform_access import GRANTS

from analytics_commands.deploy import command as deploy
from analytics_commands.estimate_cost.workload import Workload
from analytics_commands.teardown import command as teardown
from analytics_pipeline import object_names
from checkout import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()
SCRIPTS = {"deploy": deploy, "teardown": teardown}
SCHEMAS = ROOT / "functions" / "analytics_pipeline" / "schemas"
PROGRAMS = ("gcloud", "bq", "terraform", "analytics")
ESTIMATED = Workload(events_per_day=0)
GIB = {"512Mi": 0.5, "1Gi": 1.0}
needs_gcloud = [
    pytest.mark.clients,
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed"),
]


def commands_in(text):
    """Return every command of the programs in a page's code, those in `$(…)` on their own."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    blocks += re.findall(rf"`((?:{'|'.join(PROGRAMS)}) [^`\n]+)`", prose)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [command for line in lines for command in _split(line)]


def _split(line):
    """Yield the commands of one line, each a list of words."""
    line = line.replace("$RECONCILE", "https://reconcile.run.app")
    line = re.sub(r"\$([A-Z]+)", lambda name: f"my-{name[1].lower()}", line)
    texts = []
    while "$(" in line:
        start = line.rindex("$(") + 2
        end = _closing(line, start)
        texts.append(line[start:end])
        line = f"{line[: start - 2]}printed{line[end + 1 :]}"
    for text in [line, *texts]:
        words = shlex.shlex(text, posix=True, punctuation_chars="|&;>")
        words.whitespace_split, words.commenters = True, ""
        parts = itertools.groupby(words, key=lambda word: set(word) <= set("|&;>"))
        yield from (part for part in (list(group) for _, group in parts) if part[0] in PROGRAMS)


def _closing(line, start):
    """Return where the parenthesis that is open at `start` closes."""
    depth = 1
    for index in range(start, len(line)):
        depth += {"(": 1, ")": -1}.get(line[index], 0)
        if depth == 0:
            return index
    raise ValueError(line)


def shown(program):
    """Return the page's commands of one program."""
    return [words for words in commands_in(PAGE) if words[0] == program]


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

    def test_page(self, tmp_path):
        """Every gcloud command of the page is one that gcloud accepts."""
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
@pytest.mark.parametrize("command", ["mk", "mkdef", "add-iam-policy-binding"])
def test_bq(command):
    """Flags that the page gives to bq are known to it, and come first, as it wants them."""
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
    """The outputs that the page evaluates are declared."""
    declared = (ROOT / "terraform" / "outputs.tf").read_text()
    named = [words[-1] for words in shown("terraform") if "-raw" in words]

    assert ["tune_delivery", "send_event", "query_events"] == named
    assert all(f'output "{name}"' in declared for name in named)


@pytest.mark.parametrize("words", shown("analytics"), ids=shlex.join)
def test_scripts_take_what_the_page_says(words):
    """Every script of the page exists and takes the options that are shown."""
    SCRIPTS[words[1]].build_parser().parse_args(words[2:] or ["--project-id", "my-project"])


def deployed_words(entry_point):
    """Return the words of `gcloud functions deploy` for an entry point."""
    (words,) = [w for w in shown("gcloud") if w[1:4] == ["functions", "deploy", entry_point]]
    return words


def deployed(entry_point):
    """Return the flags of `gcloud functions deploy` for an entry point."""
    words = deployed_words(entry_point)
    return dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)


def test_object_names():
    """The page spells the first object and the external table's prefix as the code does."""
    assert f"gs://$BUCKET/{object_names.KEEP_OBJECT}\n" in PAGE
    assert f'gs://$BUCKET/{object_names.HIVE_PREFIX}"' in PAGE


def test_layout():
    """The page creates the tables with the layout that the schema files have, and no other."""
    layouts = json.loads((SCHEMAS / "partitioning.json").read_text())

    for name, layout in layouts.items():
        (words,) = [words for words in shown("bq") if words[-1] == f"{name}.json"]
        days = layout["keep_days"]
        options = {
            f"--time_partitioning_field={layout['partition_column']}",
            layout["clustering"] and f"--clustering_fields={','.join(layout['clustering'])}",
            days and f"--time_partitioning_expiration={days * 86_400}",
        }
        pattern = r"--(time_partitioning_(field|expiration)|clustering_fields)="
        assert options - {None} == {word for word in words if re.match(pattern, word)}


def test_views():
    """The page creates every view, after the tables, and grants what `reconcile` is to read."""
    made = [shlex.join(words) for words in shown("bq") if "mk" in words]
    names = [name for command in made for name in re.findall(r":events\.(\w+)", command)]
    tables = json.loads((SCHEMAS / "partitioning.json").read_text())
    granted = {
        words[-1].rsplit(".", 1)[1]
        for words in shown("bq")
        if any("events-reconcile" in word for word in words)
    }

    assert {file.stem for file in SCHEMAS.glob("*.sql")} <= set(names)
    assert names.index("receipts") > names.index("run_googleapis_com_stdout")
    assert {*tables, "receipts"} == granted


def test_both_ways_keep_the_same_receipts():
    """By gcloud and by Terraform the sink takes the same lines into a table by the same name."""
    (words,) = [words for words in shown("gcloud") if words[1:4] == ["logging", "sinks", "create"]]
    (log_filter,) = [word for word in words if word.startswith("--log-filter=")]
    services, log, events = log_filter.split(" AND ")[1:]
    lines = (ROOT / "terraform" / "receipts.tf").read_text()

    assert ["ingest", "load", "reconcile"] == re.findall(r'"(\w+)"', services)
    assert log in lines.replace(r"\"", '"')
    assert json.loads((SCHEMAS / "receipt_events.json").read_text()) == re.findall(
        r'"(\w+)"', events
    )
    assert "--use-partitioned-tables" in words
    grants = [words[-1] for words in shown("bq") if words[1] == "query"]
    assert ['GRANT `roles/bigquery.dataEditor` ON SCHEMA events TO "my-writer"'] == grants


@pytest.mark.parametrize("entry_point", ["ingest", "load", "reconcile"])
def test_both_ways_deploy_the_same(entry_point):
    """By gcloud and by Terraform a function is the same, and the cost is that of its size."""
    hcl = (ROOT / "terraform" / f"{entry_point}_function.tf").read_text()
    flags = deployed(entry_point)

    def value(pattern):
        return re.search(pattern, hcl)[1]

    assert value(r'runtime +=\s"(\w+)"') == flags["runtime"]
    assert value(r'available_cpu +=\s"(\w+)"') == flags["cpu"]
    assert value(r'available_memory +=\s"(\w+)"') == flags["memory"]
    assert value(r"timeout_seconds += (\d+)") + "s" == flags["timeout"]
    assert value(r"concurrency += (\d+)") == flags["concurrency"]
    variables = [each.split("=")[0] for each in flags["set-env-vars"].split(",")]
    assert [] == [name for name in variables if not re.search(rf"\b{name} += ", hcl)]
    assert "LOG_EXECUTION_ID=false" in flags["set-env-vars"]
    # The estimate has none for a function that is called once at a time.
    assert int(flags["concurrency"]) == getattr(ESTIMATED, f"{entry_point}_concurrency", 1)
    assert GIB[flags["memory"]] == getattr(ESTIMATED, f"{entry_point}_memory_gib")


def test_both_ways_grant_the_same():
    """By gcloud the functions' accounts have Terraform's rights, in roles of Google's where it can.

    Those on tables are apart: there bq has no role as small as Terraform's own.
    """
    googles = {"analytics_url_signer": "iam.serviceAccountTokenCreator"}
    granted = {
        (who, googles.get(role, role.replace("analytics_", "events_")))
        for who, role, scope in GRANTS
        if who in {"ingest", "load", "reconcile"} and not scope.startswith("dataset")
    }
    commands = [shlex.join(words) for words in shown("gcloud") if "add-iam-policy-binding" in words]
    pattern = r"--member=\S+:events-(ingest|load|reconcile)@\S+ --role=\S*?([\w.]+)( |$)"
    by_hand = [re.search(pattern, command) for command in commands]

    assert granted == {(found[1], found[2]) for found in by_hand if found}


@pytest.mark.parametrize("name", ["recent-00", "recent-30", "nightly"])
def test_both_ways_call_the_same(name):
    """By gcloud and by Terraform `reconcile` is called at the same times, in the same way."""
    hcl = (ROOT / "terraform" / "reconcile_schedule.tf").read_text()
    (words,) = [words for words in shown("gcloud") if f"reconcile-{name}" in words]
    flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    (recent,) = re.findall(r"_recent = ({.+})\n", hcl)
    pattern = rf'{name} += {{ cron = "([^"]+)", retries = (\d), body = ({{.+?}}) }}'
    cron, retries, body = re.search(pattern, hcl.replace("local._recent", recent)).groups()
    body = json.loads(re.sub(r"(\w+) = ", r'"\1": ', body))
    (timeout,) = re.findall(r"--timeout=(\d+)s", " ".join(deployed_words("reconcile")))
    (patience,) = re.findall(r"timeout_seconds \+ (\d+)", hcl)

    assert (cron, body) == (flags["schedule"], json.loads(flags["message-body"]))
    assert f"{int(timeout) + int(patience)}s" == flags["attempt-deadline"]
    assert retries == flags["max-retry-attempts"]
    assert f'min_backoff_duration = "{flags["min-backoff"]}"' in hcl
    assert f'time_zone   = "{flags["time-zone"]}"' in hcl
    assert flags["uri"] == flags["oidc-token-audience"]
