"""The figures of a scale test, and how people read them."""

import pytest
from scale_builder import make_object, make_plan, make_proof, make_row, make_rows, make_tally

from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.report.comparison import compare, describe_comparison
from analytics_commands.scale_test.report.figures import compute_figures
from analytics_commands.scale_test.report.load_figures import latency_figures
from analytics_commands.scale_test.report.report_data import ReportData
from analytics_commands.scale_test.report.texts import (
    aligned,
    list_figures,
    name_findings,
    verdict,
)

PLAN = make_plan()
GATEWAY = "https://gateway"


def figures_of(plan=PLAN, acknowledged=None, **proof):
    """Return the figures of a run in which all went well but for what is said."""
    tally = make_tally(plan, acknowledged)
    return compute_figures(plan, Load(30), tally, make_proof(plan, tally, **proof), gateway=GATEWAY)


def interrupted_figures(plan=PLAN, begun=4, acknowledged=3):
    """Return the figures of a run that Ctrl-C ended while some batches were under way."""
    tally = make_tally(make_plan(batches=acknowledged))
    tally.begun = begun
    return compute_figures(plan, Load(30), tally, None, gateway=GATEWAY)


def earlier_run(**values):
    """Return what the report of an earlier run holds."""
    return ReportData("earlier-run", "2026-06-30 12:00:00 UTC", "9 batches", "1 core", values)


class TestFigures:
    def test_all_is_well(self):
        """Nothing is wrong when each accepted event is there once."""
        figures = figures_of()

        assert [] == figures.problems()
        assert (5, 15, 15) == (
            figures.load.accepted_batches,
            figures.load.accepted_events,
            figures.proof.exactly_once,
        )
        assert 2.5 == figures.proof.seconds_until_queryable
        assert "PASSED: each of 15 accepted events is there exactly once, as it was sent" == (
            verdict(figures)
        )

    def test_concurrent_users(self):
        """A batch a player every so often makes a rate so many users."""
        figures = figures_of()

        assert 0.8 == figures.load.batches_per_second
        assert {"10": 8, "20": 16, "30": 24} == figures.load.concurrent_users
        assert ("concurrent users", "8", "when each sends a batch every 10 s") in [
            (each.title, each.text, each.note) for each in list_figures(figures)
        ]

    def test_percentiles(self):
        """A percentile is the smallest latency that so many batches did not exceed."""
        expected = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "max": 100.0}

        assert expected == latency_figures([n / 1000 for n in range(100, 0, -1)])
        assert dict.fromkeys(expected, 7.0) == latency_figures([0.007])
        assert {} == latency_figures([])

    def test_what_is_wrong_is_named(self):
        """Lost, doubled and altered events are named, each with a word about it."""
        rows = make_rows(PLAN)
        rows[13]["playerId"] = "somebody"
        rows = [row for n, row in enumerate(rows) if n not in {0, 1, 2, 7}]
        rows.append(make_row(PLAN, 9, stored_as=99))
        figures = figures_of(rows=rows, objects=[make_object(PLAN, n) for n in (1, 2, 3, 4, 99)])

        assert ["4 events lost", "1 event doubled", "1 event altered"] == figures.problems()
        assert 15 - 6 == figures.proof.exactly_once
        assert 1 == figures.proof.unacknowledged_objects
        assert [
            f"lost {PLAN.run}/0/0 (no object)",
            f"lost {PLAN.run}/0/1 (no object)",
            f"lost {PLAN.run}/0/2 (no object)",
            f"lost {PLAN.run}/2/1 (stored, but no row)",
            f"doubled {PLAN.run}/3/0 (2 times)",
            f"altered {PLAN.run}/4/1 (playerId)",
        ] == name_findings(figures)

    def test_first_twenty(self):
        """Of many events twenty are named, and the others counted."""
        plan = make_plan(batches=10)
        figures = figures_of(plan, rows=[])

        assert (30, 20) == (figures.proof.lost.count, len(figures.proof.lost.first))
        assert "… 10 more lost" == name_findings(figures)[-1]

    def test_never_acknowledged(self):
        """A batch without a receipt is an error, whether or not its events are there."""
        figures = figures_of(acknowledged={0, 1, 2}, rows=make_rows(PLAN)[:10])

        assert ["2 batches never acknowledged"] == figures.problems()
        assert ({"503": 2}, {"503": 2}) == (
            figures.load.never_acknowledged,
            figures.load.failed_attempts,
        )
        assert (1, 0) == (figures.proof.seen_without_receipt, figures.proof.lost.count)
        assert 2 == figures.proof.unacknowledged_objects

    def test_altered_without_a_receipt(self):
        """What is wrong with an event that was not accepted takes nothing from those that were."""
        rows = make_rows(PLAN)
        rows[14]["playerId"] = "somebody"

        figures = figures_of(acknowledged={0, 1, 2, 3}, rows=rows)

        assert (12, 12, 1) == (
            figures.load.accepted_events,
            figures.proof.exactly_once,
            figures.proof.altered.count,
        )

    def test_unacknowledged_objects_are_no_problem(self):
        """A retry that was stored twice fails nothing."""
        figures = figures_of(objects=[make_object(PLAN, n) for n in range(7)])

        assert ([], 2) == (figures.problems(), figures.proof.unacknowledged_objects)

    def test_other_problems(self):
        """Rows of no event, objects of another size and batches that were not sent are problems."""
        stranger = make_row(PLAN, 0, stored_as=99, eventAttributes="{}")
        objects = [make_object(PLAN, n, event_count=3 - (n == 1)) for n in range(5)]
        tally = make_tally(PLAN)
        proof = make_proof(PLAN, tally, rows=[*make_rows(PLAN), stranger], objects=objects)
        figures = compute_figures(make_plan(batches=8), Load(30), tally, proof, gateway=GATEWAY)

        assert [
            "1 row of no event that was sent",
            "1 object of another size",
            "3 batches not sent",
        ] == figures.problems()


class TestInterrupted:
    def test_nothing_is_called_lost(self):
        """What was sent and not looked for, or not answered, is no problem; it is counted."""
        figures = interrupted_figures()

        assert (3, 1, 1) == (
            figures.load.accepted_batches,
            figures.load.unanswered,
            figures.load.not_sent,
        )
        assert ([], []) == (figures.problems(), name_findings(figures))
        assert "NOT PROVEN: 3 of 5 batches accepted; whether they arrived is not known" == (
            verdict(figures)
        )

    def test_record(self):
        """The JSON says that it is of the load only; that of a whole run says what it proved."""
        interrupted, whole = interrupted_figures().record(), figures_of().record()

        assert (True, False) == (whole["proven"], interrupted["proven"])
        assert (False, True) == ("lost" in interrupted, "lost" in whole)

    def test_before_the_first_answer(self):
        """There are figures even where nothing was answered."""
        lines = aligned(list_figures(interrupted_figures(begun=1, acknowledged=0)))

        assert "batches accepted" in lines[0]
        assert not any("latency" in line for line in lines)


class TestLines:
    @pytest.mark.parametrize("batches", [5, 5000])
    def test_width(self, batches):
        """Lines fit 80 columns, and their numbers end where those of the others do."""
        plan = make_plan(batches=batches, batch_size=1)
        shown = list_figures(figures_of(plan, acknowledged=range(batches - 3)))

        lines = aligned(shown)

        ends = {
            line.index(f" {x.text}") + 1 + len(x.text) for line, x in zip(lines, shown, strict=True)
        }
        assert 1 == len(ends)
        assert 80 >= max(map(len, lines))

    def test_separators(self):
        """Large numbers have them, and what is not known is a dash."""
        texts = {each.name: each.text for each in list_figures(figures_of(make_plan(2000, 1)))}

        assert "2,000" == texts["accepted_batches"]
        assert "-" == next(
            each.text
            for each in list_figures(figures_of(queryable_at=None))
            if each.name == "seconds_until_queryable"
        )


class TestComparison:
    def test_change(self):
        """A figure that both have is told by how many per cent of the earlier one it changed."""
        earlier = earlier_run(accepted_batches=4.0, accepted_events=30.0, latency_ms_p50=300.0)

        changes = [(c.now.text, c.before.text, c.percent) for c in compare(figures_of(), earlier)]

        assert [("5", "4", "+25.0 %"), ("15", "30", "-50.0 %"), ("300.0", "300.0", "+0.0 %")] == (
            changes
        )

    def test_nothing_to_compare_with(self):
        """What was nothing before has no percentage; what is nothing both times is not shown."""
        earlier = earlier_run(accepted_batches=0.0, lost=0.0, doubled=1.0, unknown_figure=7.0)

        changes = [(c.now.title, c.percent) for c in compare(figures_of(), earlier)]

        assert [("batches accepted", ""), ("events doubled", "-100.0 %")] == changes

    def test_lines(self):
        """People read which run that was, and the numbers below each other."""
        earlier = earlier_run(accepted_batches=4.0, accepted_events=1500.0)

        assert [
            "compared with:",
            "  earlier-run, 2026-06-30 12:00:00 UTC",
            "  9 batches",
            "  1 core",
            "                  now  before   change",
            "batches accepted    5       4  +25.0 %",
            "events accepted    15   1,500  -99.0 %",
        ] == describe_comparison(figures_of(), earlier)
