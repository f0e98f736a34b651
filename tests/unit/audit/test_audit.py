"""audit: its command line, and how its findings are shown."""

import argparse
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from audited_objects import DAY, sighting, stored, uri_of

from analytics_commands.audit import command as audit
from analytics_commands.audit.audit_report import new_report
from analytics_commands.audit.findings import GAPS, Fault, Finding
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.verdict import CLIENTS, SERVER, FindingCounts, Verdict
from analytics_commands.foundation.terminal.parsing import read_duration

LOST = Finding.of_object(Fault("lost", 2, "2 of 3 events"), uri_of(), DAY, "repair it")
NOTE = Finding.of_object(Fault("retried", 1, "from another"), uri_of("p"), DAY, "show it")
SESSION = Finding(
    kind="session_gap",
    analytics_environment="testing",
    event_category=None,
    event_ds=None,
    object=None,
    session_id="s1",
    events=1,
    detail="indexes 0 to 2",
    command="look",
)


def printed(capsys, findings, *, as_json, ignored=()):
    """Return the lines that a report of the findings prints."""
    counts, tallies = FindingCounts(ignored), Tallies(is_logged=True)
    tallies.add(sighting(stored=stored(), accepted=3), gaps=1)
    report = new_report(as_json=as_json)
    for finding in findings:
        counts.add(finding)
        report.show(finding, verdict=counts.verdict_on(finding.kind))
    verdict = Verdict(counts.gaps(SERVER), "So it is.", counts.gaps(CLIENTS), "So are they.")
    report.close(tallies, counts, verdict)
    return capsys.readouterr().out.splitlines()


class TestCommandLine:
    def parse(self, *arguments):
        """Return the parsed command line."""
        return audit.build_parser().parse_args(arguments)

    def test_defaults(self):
        """A week up to now is audited, all that is older than a quarter of an hour."""
        parsed = self.parse()

        assert timedelta(minutes=15) == parsed.settle
        assert timedelta(days=7) - timedelta(minutes=1) < parsed.until - parsed.since
        assert [] == parsed.ignore
        assert not any((parsed.no_sessions, parsed.strict, parsed.json))

    @pytest.mark.parametrize(
        ("text", "duration"),
        [("0m", timedelta()), ("90m", timedelta(hours=1.5)), ("2d", timedelta(days=2))],
    )
    def test_duration(self, text, duration):
        """A duration is a number with its unit."""
        assert duration == read_duration(text)

    @pytest.mark.parametrize("text", ["", "15", "m", "-1m", "2026-03-01", "1.5h"])
    def test_no_duration(self, text):
        """Anything else is refused."""
        with pytest.raises(argparse.ArgumentTypeError, match="no duration"):
            read_duration(text)

    def test_too_long_a_duration(self):
        """A duration that no clock could show is refused."""
        with pytest.raises(argparse.ArgumentTypeError, match="too long"):
            read_duration("99999999999w")

    def test_ignore(self):
        """Several kinds can be ignored, and only kinds that would count."""
        assert ["lost", "orphan"] == self.parse("--ignore", "lost", "--ignore=orphan").ignore
        with pytest.raises(SystemExit) as caught:
            self.parse("--ignore", "retried")

        assert 2 == caught.value.code

    def test_every_kind_can_be_ignored(self):
        """No kind of gap is left out of the option."""
        assert sorted(GAPS) == self.parse(*(f"--ignore={kind}" for kind in sorted(GAPS))).ignore

    def test_no_time_at_all(self, capsys):
        """A time that ends before it begins is a wrong command line, not a clean audit."""
        options = ("--project-id", "p", "--bucket-name", "b")
        assert 2 == audit.main([*options, "--since", "2026-03-02", "--until", "2026-03-01"])

        assert "--since is not before --until" in capsys.readouterr().err


class TestText:
    def test_findings(self, capsys):
        """People read each kind with its meaning, then every finding with its command."""
        lines = printed(capsys, [SESSION, NOTE, LOST], as_json=False)
        start = next(i for i, line in enumerate(lines) if line.startswith("lost"))

        assert [
            "lost (1): some events of the object are neither rows nor dead letters",
            f"  {uri_of()}",
            "    2 of 3 events",
            "    repair it",
            "",
            "session_gap (1, of clients): indexes of the session's events are missing or doubled",
            "  session testing/s1",
            "    indexes 0 to 2",
            "    look",
            "",
            "retried (1, no gap): events of a request that was repeated: the view shows them once",
            f"  {uri_of('p')}",
            "    from another",
            "    show it",
            "",
            "So it is.",
            "So are they.",
        ] == lines[start:]

    def test_table(self, capsys, monkeypatch):
        """The table of the days comes first, a line for each, and fits 80 columns."""
        monkeypatch.setenv("COLUMNS", "80")
        lines = printed(capsys, [], as_json=False)

        assert [
            "analytics_",
            "environment  event_category  event_ds    objects  accepted  stored  loaded  gaps",
            "-----------  --------------  ----------  -------  --------  ------  ------  ----",
            "testing      function        2026-03-01        1         3       3       0     1",
            "0 or empty throughout: forgotten, dead_lettered, pending",
            "",
        ] == lines[:6]
        assert ["So it is.", "So are they."] == lines[-2:]

    def test_control_characters(self, capsys):
        """What a client calls its session is shown, and never obeyed by the terminal."""
        evil = replace(SESSION, session_id="s\x1b[2J\x9b:smile:", command='look "\x1b[2J"')
        text = "\n".join(printed(capsys, [evil], as_json=False))

        assert "session testing/s\\x1b[2J\\x9b:smile:\n" in text
        assert not {"\x1b", "\x9b"} & set(text)

    def test_long_lines(self, capsys, monkeypatch):
        """A command is one line, however narrow the terminal, so that it can be copied."""
        monkeypatch.setenv("COLUMNS", "40")
        command = "analytics backfill " * 5 + "[red]"

        assert f"    {command}" in printed(capsys, [replace(LOST, command=command)], as_json=False)

    def test_many(self, capsys):
        """Of each kind the first fifty are shown, and all are counted."""
        lines = printed(capsys, [LOST] * 60 + [NOTE] * 2, as_json=False)

        assert 50 == lines.count(f"  {uri_of()}")
        assert 2 == lines.count(f"  {uri_of('p')}")
        assert any(line.startswith("lost (60): ") and "the first 50" in line for line in lines)


class TestJson:
    def test_lines(self, capsys):
        """Machines read a line for each finding and day, and the summary last."""
        records = [
            json.loads(line)
            for line in printed(capsys, [LOST, SESSION], as_json=True, ignored=["session_gap"])
        ]

        assert ["finding", "finding", "day", "summary"] == [each["type"] for each in records]
        assert {
            "type": "finding",
            "gap": True,
            "verdict": "server",
            "kind": "lost",
            "analytics_environment": "testing",
            "event_category": "function",
            "event_ds": "2026-03-01",
            "object": uri_of(),
            "session_id": None,
            "events": 2,
            "detail": "2 of 3 events",
            "command": "repair it",
        } == records[0]
        assert (False, None) == (records[1]["gap"], records[1]["verdict"])
        assert "s1" == records[1]["session_id"]
        assert {
            "type": "day",
            "analytics_environment": "testing",
            "event_category": "function",
            "event_ds": "2026-03-01",
            "objects": 1,
            "accepted": 3,
            "stored": 3,
            "forgotten": 0,
            "loaded": 0,
            "dead_lettered": 0,
            "pending": 0,
            "gaps": 1,
        } == records[2]
        assert ("So it is.", 1, "So are they.", 0, {"lost": 1, "session_gap": 1}) == tuple(
            records[3][name] for name in ("verdict", "gaps", "clients", "client_gaps", "findings")
        )

    def test_all_of_them(self, capsys):
        """Machines read every finding."""
        assert 62 == len(printed(capsys, [LOST] * 60, as_json=True))
