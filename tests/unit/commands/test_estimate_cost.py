"""The cost of a workload: quantities, tiers, the command, the page."""

import json
import math

import pytest

from analytics_commands.estimate_cost import command as estimate_cost
from analytics_commands.estimate_cost.estimate import estimate
from analytics_commands.estimate_cost.prices import PRICES_FILE, Price, Tier, read_prices
from analytics_commands.estimate_cost.units import DAYS, TIB
from analytics_commands.estimate_cost.workload import Workload, busy_instances, monthly_quantities
from generate import cost_page

MILLION_A_MONTH = 1_000_000 / DAYS
UNCHECKED = {"reconcile_runs_per_day": 0, "audits_per_day": 0}
ALONE = {"ingest_concurrency": 1, "load_concurrency": 1, **UNCHECKED}
RECEIPTS = {"receipts", "receipts_kept"}
CHECKS = {"checking_queries", "scheduler_jobs", "storage_listings"}


def dollars(workload, **options):
    """Return the US dollars of a month by the name of the price."""
    result = estimate(workload, read_prices(**options))
    return {item.name: item.usd for item in result.items}


class TestPrice:
    def test_tiers_add_up(self):
        """Each part of a quantity costs what its own tier says."""
        price = Price("calls", "M", (Tier(0, 0), Tier(2, 3.0), Tier(1000, 1.5)), "https://x")

        assert [0, 0, 3, 998 * 3, 998 * 3 + 1.5] == [price.charge(q) for q in (0, 2, 3, 1000, 1001)]

    def test_without_free_tier(self):
        """The first paid price holds from the first unit; later tiers stay."""
        price = Price("calls", "M", (Tier(0, 0), Tier(2, 3.0), Tier(1000, 1.5)), "https://x")

        assert 3000 + 1.5 == price.without_free_tier().charge(1001)

    def test_multi_region(self):
        """Writing, listing and keeping objects costs more in a multi-region, nothing else does."""
        regional, multi = read_prices().prices, read_prices(multi_region=True).prices

        dearer = {name for name in regional if regional[name] != multi[name]}
        assert {"storage_writes", "storage_listings", "storage_kept"} == dearer

    def test_every_price_has_a_source(self):
        """The data file says for each price where it is written, and when it was read."""
        document = json.loads(PRICES_FILE.read_text())

        assert 10 == len(document["as_of"])
        assert all(each["source"].startswith("https://") for each in document["prices"].values())


class TestEstimate:
    def test_a_million_single_events(self):
        """One event per object without shared instances costs what was computed by hand."""
        workload = Workload(
            events_per_day=MILLION_A_MONTH, event_bytes=600, load_memory_gib=0.5, **ALONE
        )

        usd = dollars(workload, free_tier=False)

        assert usd["gateway_calls"] == pytest.approx(3.00)
        assert usd["run_requests"] == pytest.approx(2 * 0.40)
        assert usd["run_cpu"] == pytest.approx(2 * 1e6 * 0.1 * 0.000024)  # 50 ms billed as 100
        assert usd["run_memory"] == pytest.approx(2 * 1e6 * 0.1 * 0.5 * 0.0000025)
        assert usd["storage_writes"] == pytest.approx(5.00)
        assert usd["storage_reads"] == pytest.approx(0.40 + 0.40)  # the notification, the read
        assert usd["deliveries"] == pytest.approx(2 * 1e6 * 2048 / 2**40 * 40)
        assert usd["streamed_rows"] == pytest.approx(1e6 * 1024 / 200e6 * 0.01)
        platform = set(usd) - {"internet_egress", "storage_kept", "rows_kept", "log_lines"}
        platform -= RECEIPTS
        assert sum(usd[name] for name in platform) == pytest.approx(14.85, abs=0.01)

    def test_batching(self):
        """What is paid per request falls with the batch, what is paid per event does not."""
        single = Workload(events_per_day=MILLION_A_MONTH, **ALONE)
        batched = Workload(events_per_day=MILLION_A_MONTH, events_per_batch=100, **ALONE)

        before, after = dollars(single, free_tier=False), dollars(batched, free_tier=False)

        per_event = {"storage_kept", "streamed_rows", "rows_kept"}
        for name in before.keys() - {"run_idle_cpu", "run_idle_memory"} - CHECKS:
            fraction = 1 if name in per_event else 0.01
            assert after[name] == pytest.approx(before[name] * fraction), name

    def test_free_quantities(self):
        """A small workload stays within the free quantities of calls, CPU and rows."""
        usd = dollars(Workload(events_per_day=10_000))

        free = {"gateway_calls", "run_requests", "run_cpu", "run_memory", "rows_kept", "log_lines"}
        free |= {"checking_queries", "scheduler_jobs"}
        assert {0} == {usd[name] for name in free}

    def test_only_loaded_events_are_read_and_inserted(self):
        """Events that stay in Cloud Storage cost neither a read nor a row."""
        usd = dollars(Workload(events_per_day=MILLION_A_MONTH, loaded_share=0), free_tier=False)

        assert 0 == usd["streamed_rows"] == usd["rows_kept"]
        assert usd["storage_reads"] == pytest.approx(0.40)

    def test_idle(self):
        """Nothing sent costs nothing but reconcile, unless an instance is kept warm."""
        idle = Workload(events_per_day=0, **UNCHECKED)
        warm = Workload(events_per_day=0, warm_instances=1, **UNCHECKED)

        assert 0 == sum(dollars(idle, free_tier=False).values())
        month = DAYS * 86_400 * (1 + 0.5) * 0.0000025
        assert sum(dollars(warm, free_tier=False).values()) == pytest.approx(month)

    def test_checks_while_idle(self):
        """While nothing is sent, the checks of a month cost what was computed by hand."""
        usd = dollars(Workload(events_per_day=0), free_tier=False)

        runs = 49 * 30
        seconds = runs * 5 + 30 * 2 * 0.2 / 16  # at night two listings, which find nothing
        assert usd["scheduler_jobs"] == pytest.approx(3 * 0.10)
        assert usd["storage_listings"] == pytest.approx(60 * 2 / 1e6 * 5)
        assert usd["run_cpu"] == pytest.approx(seconds * 0.000024)
        assert usd["run_memory"] == pytest.approx(seconds * 0.0000025)
        tables = 48 * 30 + 30 * (1 + 2 + 1) + 30 * (1 + 2)  # each billed as ten megabytes
        assert usd["checking_queries"] == pytest.approx(tables * 10 * 2**20 / TIB * 6.25)
        assert 0 == usd["receipts"] == usd["receipts_kept"]
        assert sum(usd.values()) < 0.6

    def test_checks_in_use(self):
        """Receipts are read by object, rows by their number, and of the bucket the last day."""
        quantities = monthly_quantities(Workload(events_per_day=1e8, events_per_batch=100))

        objects, rows = 1e6, 1e8
        assert quantities["storage_listings"] == pytest.approx(60 * 2 * 1001 / 1e6)
        of_receipts = 2 * objects * 250 * (48 * 30 * 1.5 + 30 * 8.1 + 30 * 2)
        of_rows = rows * 30 * (50 * 1.1 + 50 * 4 + 300 * 2)
        assert quantities["checking_queries"] == pytest.approx((of_receipts + of_rows) / TIB)
        assert quantities["receipts"] == pytest.approx(2 * objects * 30 * 1024 / 200e6)

    def test_checks_cost_what_changed(self):
        """What is kept from earlier costs no check anything."""
        month, year = (
            monthly_quantities(Workload(events_per_day=1e6, months_kept=months))
            for months in (1, 12)
        )
        kept = {"storage_kept", "rows_kept"}

        assert {name for name in month if month[name] != year[name]} == kept

    def test_names_agree(self):
        """Every quantity has a price, and every price a quantity."""
        assert read_prices().prices.keys() == monthly_quantities(Workload(events_per_day=1)).keys()


class TestBusyInstances:
    @pytest.mark.parametrize("in_flight", [0, 0.001, 1, 30, 5000])
    def test_alone(self, in_flight):
        """With a concurrency of 1 every request has an instance."""
        assert busy_instances(in_flight, 1) == pytest.approx(in_flight)

    @pytest.mark.parametrize("in_flight", [0.001, 0.5, 3])
    def test_shared(self, in_flight):
        """While one instance can hold all requests, it serves whenever there is one."""
        assert busy_instances(in_flight, 80) == pytest.approx(1 - math.exp(-in_flight))

    def test_busy(self):
        """Under load the instances are full, but for half an instance on average."""
        assert busy_instances(8000, 80) == pytest.approx(100 + 79 / 160, abs=0.01)

    @pytest.mark.parametrize("concurrency", [1, 80, 10**30])
    def test_too_busy(self, concurrency):
        """A number that no pipeline serves has an answer at once: one instance at least."""
        assert busy_instances(1e20, concurrency) == pytest.approx(max(1, 1e20 / concurrency))


class TestWorkload:
    def test_all_problems_at_once(self):
        """Every field that is out of range is named, with what is allowed."""
        with pytest.raises(ValueError) as caught:
            Workload(events_per_day=-1, loaded_share=1.5, events_per_batch=0, event_bytes=math.nan)

        assert (
            "events_per_day is -1, not at least 0; event_bytes is nan, not at least 0;"
            " events_per_batch is 0, not at least 1; loaded_share is 1.5, not from 0 to 1"
        ) == str(caught.value)


class TestCommand:
    def test_json(self, capsys):
        """`--json` prints one object whose items add up to its total."""
        code = estimate_cost.main(["--events-per-day", "1e6", "--events-per-batch", "4", "--json"])

        printed = json.loads(capsys.readouterr().out)
        assert 0 == code
        assert 4 == printed["workload"]["events_per_batch"]
        total = sum(item["usd"] for item in printed["items"])
        assert printed["total_usd_per_month"] == pytest.approx(total)
        assert printed["usd_per_million_events"] == pytest.approx(total / 30)

    def test_table(self, capsys, monkeypatch):
        """The table names every item and the total, and says how old the prices are."""
        monkeypatch.setenv("COLUMNS", "120")
        warm = ["--events-per-day", "0", "--warm-instances", "1", "--reconcile-runs-per-day", "0"]
        warm += ["--audits-per-day", "0"]

        assert 0 == estimate_cost.main(warm)

        printed = capsys.readouterr().out
        assert all(price.resource in printed for price in read_prices().prices.values())
        (total,) = [line for line in printed.splitlines() if line.startswith("total of a month")]
        assert "9.72" == total.split()[-1]
        assert read_prices().as_of in printed

    def test_numbers(self, capsys):
        """At 80 columns numbers are whole and have separators, and every amount has its cents."""
        estimate_cost.main(["--events-per-day", "1e8", "--reconcile-runs-per-day", "0"])

        table, _ = capsys.readouterr().out.split("\n\n")
        assert 80 >= max(map(len, table.splitlines()))
        printed = [line.split() for line in table.splitlines()]
        (calls,) = [words for words in printed if words[:3] == ["API", "Gateway:", "calls"]]
        assert ["3,000", "million", "calls", "5,994.00"] == calls[3:]
        (jobs,) = [words for words in printed if words[:2] == ["Cloud", "Scheduler:"]]
        assert "0.00" == jobs[-1]

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--events-per-day", "-5"], "events_per_day is -5"),
            (["--events-per-day", "many"], "invalid float value"),
            ([], "--events-per-day"),
        ],
    )
    def test_usage(self, capsys, arguments, complaint):
        """Input that makes no sense is named, with exit code 2."""
        try:
            code = estimate_cost.main(arguments)
        except SystemExit as ended:
            code = ended.code

        assert 2 == code
        assert complaint in capsys.readouterr().err

    def test_every_option_is_explained(self, capsys):
        """`--help` shows a runnable example and a sentence for every option."""
        with pytest.raises(SystemExit):
            estimate_cost.main(["--help"])

        printed = capsys.readouterr().out
        assert "analytics estimate-cost --events-per-day" in printed


def test_page_and_data_agree():
    """docs/cost.md shows what prices.json says; `python scripts/generate/cost_page.py` mends it."""
    written = cost_page.PAGE.read_text()

    assert cost_page.fill(written) == written
    assert 4 == written.count("<!-- table: ")
