"""A plan on its way into the cloud: who agrees to it, and which errors are waited for."""

import io
import stat
import sys
from pathlib import Path

import pytest
from answering import Answering
from plans import told
from rich.console import Console

from analytics_commands.deploy import command as deploy
from analytics_commands.deploy.losses import Permissions
from analytics_commands.deploy.passing_errors import reasons_to_wait
from analytics_commands.deploy.rollout import Rollout, plan_file
from analytics_commands.foundation.deployment.backend import Backend
from analytics_commands.foundation.deployment.programs import ProgramFailed
from analytics_commands.foundation.deployment.terraform import Terraform, Variables
from analytics_commands.foundation.terminal.ending import CommandFailed

METRIC = "Error: Error creating AlertPolicy: googleapi: Error 404: Cannot find metric(s) that match"
AGENT = "Permission denied while using the Eventarc Service Agent"
BROKEN = AGENT.replace(" Service", "\n│ Service")
NOTHING = Permissions()
GATEWAY = ("google_api_gateway_gateway.events", "delete create")
KEY = ('google_apikeys_key.client["game"]', "create delete")
BUCKET = ("google_storage_bucket.events", "create")


class Typed(io.StringIO):
    """A terminal at which somebody typed."""

    def isatty(self):
        """Tell that it is one."""
        return True


def run(*options):
    """Run the command; returns its exit code."""
    return deploy.main(["--project-id", "demo", "--wait-seconds", "0", *options])


@pytest.fixture(name="commands")
def _commands():
    commands = Answering()
    commands.answer("show -json", told(BUCKET))
    return commands


@pytest.fixture(name="make_rollout")
def _make_rollout(commands, tmp_path):
    """Return what makes a rollout; its pauses do not wait, but call what happens meanwhile."""

    def make(meanwhile=None, *, asks=False, permissions=NOTHING):
        terraform = Terraform(commands, Variables("demo"), Backend(tmp_path), ask=asks)
        console = Console(file=io.StringIO(), width=200)
        return Rollout(terraform, tmp_path / "p", permissions, asks, console, meanwhile)

    return make


@pytest.mark.parametrize("options", [[], ["--plan-only"]])
def test_a_loss_stops_everything(cloud, capfd, options):
    """Such a plan is shown and not applied, whatever else was said."""
    cloud.answer_plan(GATEWAY, BUCKET)

    assert 1 == run("--yes", "--revoke", "game", *options)

    assert "show -json PLAN" in cloud.calls()[-1]
    said = capfd.readouterr().err
    assert f"{GATEWAY[0]} would be replaced" in said
    assert "error: this plan is not applied." in said


def test_a_loss_that_was_allowed(cloud):
    """What the operator named is applied, with the plan that was shown."""
    cloud.answer_plan(GATEWAY, KEY)

    run("--yes", "--revoke", "game", "--allow-loss", GATEWAY[0])

    assert "terraform -chdir=terraform apply -input=false PLAN" in cloud.calls()


def test_nobody_agreed(cloud, capfd, monkeypatch):
    """Without --yes somebody is asked, and nothing happens where nobody can answer."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))

    assert 1 == run()

    assert "Nothing was applied" in capfd.readouterr().err
    assert "show -json PLAN" in cloud.calls()[-1]


def test_a_misspelt_permission(make_rollout):
    """A permission that the plan has no use for is told."""
    rollout = make_rollout(permissions=Permissions(frozenset({"gmae"})))

    rollout.preview()

    assert "no use for --revoke gmae" in rollout.console.file.getvalue()


@pytest.mark.parametrize(
    ("has_changes", "told"), [(True, "are changes"), (False, "are no changes")]
)
def test_plan_only(cloud, capfd, has_changes, told):
    """A plan is shown, and nothing is enabled, applied or sent."""
    cloud.answer_plan(BUCKET, has_changes=has_changes)

    assert 0 == run("--plan-only")

    assert told in capfd.readouterr().err
    assert "show -json PLAN" in cloud.calls()[-1]
    assert [] == [call for call in cloud.calls() if "enable" in call.split()]


def test_nothing_to_apply(commands, make_rollout):
    """A plan without changes is neither asked about nor applied."""
    commands.answer("show -json", told(has_changes=False))

    make_rollout(asks=True).run()

    assert ["plan"] == commands.acts()


@pytest.mark.parametrize(
    ("stdin", "refusal"),
    [
        (Typed("yes\n"), None),
        (Typed("y\n"), "was not `yes`"),
        (Typed("YES\n"), "was not `yes`"),
        (Typed("\n"), "was not `yes`"),
        (Typed(""), "was not `yes`"),
        (io.StringIO("yes\n"), "`--yes` applies it unasked. Nothing was applied"),
        (None, "`--yes` applies it unasked. Nothing was applied"),
    ],
)
def test_who_agrees(commands, make_rollout, monkeypatch, stdin, refusal):
    """Only `yes` at a terminal applies; without a terminal the error says what would."""
    monkeypatch.setattr(sys, "stdin", stdin)
    rollout = make_rollout(asks=True)

    if refusal:
        with pytest.raises(CommandFailed, match=refusal):
            rollout.run()
    else:
        rollout.run()

    assert (["plan"] if refusal else ["plan", "apply"]) == commands.acts()


def test_tries_again(commands, make_rollout):
    """An error that passes is waited for twice, longer the second time, each with a new plan."""
    commands.answer("apply", METRIC, 1)
    pauses = []
    rollout = make_rollout(pauses.append)

    with pytest.raises(ProgramFailed):
        rollout.run()

    assert [60, 120] == pauses
    assert ["plan", "apply"] * 3 == commands.acts()
    assert "Cloud Monitoring does not know a new metric yet" in rollout.console.file.getvalue()


def test_does_not_wait_in_vain(commands, make_rollout):
    """Any other error ends it at once."""
    commands.answer("apply", "Error: quota", 1)

    with pytest.raises(ProgramFailed):
        make_rollout().run()

    assert ["plan", "apply"] == commands.acts()


@pytest.mark.parametrize(
    ("fails", "acts"), [("apply", ["plan", "apply"] * 2), ("plan", ["plan", "plan", "apply"])]
)
def test_it_passes(commands, make_rollout, fails, acts):
    """When the error has passed, the deployment goes on; a plan reads the cloud, too."""
    commands.answer(fails, METRIC, 1)

    make_rollout(lambda _: commands.answer(fails)).run()

    assert acts == commands.acts()


def test_what_the_second_plan_loses(commands, make_rollout):
    """Every plan is judged, not only the first."""
    commands.answer("apply", METRIC, 1)

    with pytest.raises(CommandFailed, match=r"gateway\.events would be replaced"):
        make_rollout(lambda _: commands.answer("show -json", told(GATEWAY))).run()

    assert ["plan", "apply", "plan"] == commands.acts()


@pytest.mark.parametrize(
    ("second", "asked"), [([BUCKET], False), ([], False), ([BUCKET, ("a.b", "create")], True)]
)
def test_asks_again_for_more(commands, make_rollout, monkeypatch, second, asked):
    """The answer holds for the next attempts, unless one changes what the first did not."""
    monkeypatch.setattr(sys, "stdin", Typed("yes\nyes\n"))
    commands.answer("apply", METRIC, 1)

    def meanwhile(_):
        commands.answer("show -json", told(*second))
        commands.answer("apply")

    make_rollout(meanwhile, asks=True).run()

    assert ["plan", "apply"] * 2 == commands.acts()
    assert ("" if asked else "yes\n") == sys.stdin.read()


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ("", 0),
        (METRIC, 1),
        (
            f"\x1b[31m│\x1b[0m \x1b[1mError: \x1b[0mbad\n│\n│ {BROKEN}",
            1,
        ),
        (f"Error: Error code 7, message: Validation failed: {AGENT}", 1),
        (f"{METRIC}\n\n{METRIC}", 1),
        (f"{METRIC}\n╷\n│ Error: {AGENT}", 2),
        (f"{METRIC}\n\nError: googleapi: Error 403: quota exceeded", 0),
        (f"Error: quota\n\nWarning: {AGENT}", 0),
        (f"Warning: old\n\n{METRIC}", 1),
        (AGENT, 0),
        ("Error: Run API has not been used in project 12 before or it is disabled. Enable it", 1),
        (
            "Error: Service account load@demo.iam.gserviceaccount.com does not exist., x",
            1,
        ),
        ("Error: Service account service-1@gcp-sa-pubsub.iam.gserviceaccount.com exists", 0),
        ("Error: Error 400: User ann@example.com does not exist., badRequest", 0),
        ("Error: Service account load does not exist", 0),
        ("Error: The project demo does not exist", 0),
        ("Error: Error acquiring the state lock", 0),
        ("Error: Saved plan is stale", 0),
        ("Error: Error 409: Requested entity already exists", 0),
    ],
)
def test_what_passes(complaint, expected):
    """Only errors that are known to pass are waited for, and only where no other is among them."""
    assert expected == len(reasons_to_wait(complaint))


def test_where_a_plan_is():
    """A plan holds keys: only its owner can read it, and nothing of it stays."""
    modes = []

    def interrupted():
        with plan_file(rehearsing=False) as file:
            modes.extend(stat.S_IMODE(each.stat().st_mode) for each in (file, file.parent))
            modes.append(file.parent)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [0o600, 0o700] == modes[:2]
    assert not modes[2].exists()


@pytest.mark.parametrize(
    ("declared", "remembered", "settings", "expected"),
    [
        (False, None, [], []),
        (True, None, ["bucket=b"], ["-backend-config=bucket=b"]),
        (True, "{}", ["bucket=b"], ["-backend-config=bucket=b"]),
        (True, "?", ["bucket=b"], ["-backend-config=bucket=b"]),
        (True, '{"backend": null, "version": 3}', ["bucket=b"], ["-backend-config=bucket=b"]),
        (True, "[1]", ["bucket=b"], ["-backend-config=bucket=b"]),
        (True, '{"backend": {"type": "gcs"}}', ["a=b"], ["-reconfigure", "-backend-config=a=b"]),
        (True, None, ["x.hcl"], [f"-backend-config={Path('x.hcl').resolve()}"]),
    ],
)
def test_where_the_state_is(tmp_path, declared, remembered, settings, expected):
    """Settings reach Terraform; another backend is taken, but a state of this machine not left."""
    if declared:
        (tmp_path / "backend.tf").touch()
    if remembered:
        (tmp_path / ".terraform").mkdir()
        (tmp_path / ".terraform" / "terraform.tfstate").write_text(remembered)

    assert expected == Backend(tmp_path, tuple(settings)).as_options()


def test_no_backend_is_declared(cloud, capfd, tmp_path):
    """Terraform would go on with a state on this machine: that is refused."""
    assert 1 == run("--backend-config", "bucket=b", "--folder", str(tmp_path / "f"))

    assert "copy backend.tf.example" in capfd.readouterr().err
    assert [] == [call for call in cloud.calls() if " init " in call]
