"""What has to be there before what, which no plan shows and Google insists on.

A state holds of each resource all that came before it, directly or through
others.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest
from expected_order import AFTER, AGENTS, APIS, BEGIN, CALLED, SERVICES, WAITS

pytestmark = pytest.mark.terraform


def address(resource):
    """Return where a resource stands, without its key, as `after` names it."""
    return f"{resource.type}.{resource.name}".split("[")[0]


def matching(deployment, pattern) -> Iterator:
    """Yield the resources whose address, with its key, matches."""
    return (each for each in deployment.resources if fnmatch(f"{each.type}.{each.name}", pattern))


def text(resource):
    """Return all that is known of a resource as one text."""
    return repr(resource.values)


def api_of(kind):
    """Return the API that a type of resource belongs to."""
    return APIS[max((start for start in APIS if kind.startswith(start)), key=len)]


@pytest.fixture(name="both", params=["main", "staging"])
def _both(request):
    return request.getfixturevalue(request.param)


class TestOrder:
    def test_after(self, both):
        """Everything comes after what it needs and does not name."""
        assert [] == [
            f"{address(each)} does not wait for {needed}"
            for pattern, names in AFTER.items()
            for each in matching(both, pattern)
            for needed in names
            if needed not in each.after
        ]

    def test_table(self, staging):
        """The table is about resources that there are."""
        known = {address(each) for each in staging.resources}
        named = {name for names in (*AFTER.values(), *WAITS.values()) for name in names}

        assert set() == named - known
        assert [] == [each for each in (*AFTER, *WAITS) if not any(matching(staging, each))]

    def test_services(self, both):
        """Nothing is asked for before the APIs have had time to be usable."""
        early = [each for each in both.resources if SERVICES not in each.after]

        assert [] == [
            address(each) for each in early if not address(each).startswith((*BEGIN, SERVICES))
        ]

    def test_members(self, both):
        """Rights are given to accounts and agents that are there."""
        accounts = {each.values["member"]: address(each) for each in both.all("service_account")}
        given = [(each, accounts.get(each.values["member"])) for each in both.all("_iam_member")]
        agents = [
            (each, needed)
            for each, account in given
            if account is None
            for part, needed in AGENTS.items()
            if part in each.values["member"]
        ]
        named = [(each, account) for each, account in given if account]

        assert len(given) == len(named) + len(agents)
        assert [] == [
            (address(each), name) for each, name in (*named, *agents) if name not in each.after
        ]

    def test_roles(self, both):
        """Rights are given by roles that are there."""
        roles = {each.values["role_id"]: address(each) for each in both.all("custom_role")}
        given = [
            (each, role)
            for each in both.all("_iam_member")
            if (role := each.values["role"].rpartition("/")[2]) in roles
        ]

        assert set(roles) == {role for _, role in given}
        assert [] == [address(each) for each, role in given if roles[role] not in each.after]

    def test_policies(self, both):
        """A policy comes long after the metric of log lines that it reads."""
        metrics = {each.values["name"]: address(each) for each in both.all("logging_metric")}
        readers = [
            (each, metrics[name])
            for each in both.all("alert_policy")
            for name in re.findall(r"logging\.googleapis\.com/user/([\w-]+)", text(each))
        ]

        assert len(readers) > 5
        assert [] == [
            (each.name, metric)
            for each, metric in readers
            if not {metric, "time_sleep.log_metrics"} <= each.after
        ]


class TestWaits:
    @pytest.mark.parametrize("wait", WAITS)
    def test_again(self, both, wait):
        """A wait is made anew with anything new that it is for, and none begins too early."""
        for each in matching(both, wait):
            triggers = " ".join(each.values["triggers"].values())
            waited = [one for one in both.resources if address(one) in WAITS[wait]]

            assert [] == [address(one) for one in waited if one.values["id"] not in triggers]

    def test_known(self, staging):
        """The table has every wait."""
        assert [] == [
            each.name
            for each in staging.all("time_sleep")
            if not any(fnmatch(f"time_sleep.{each.name}", pattern) for pattern in WAITS)
        ]

    def test_long(self, both):
        """Grants and APIs have a minute, metrics two before policies read them."""
        waits = {address(each): each.values["create_duration"] for each in both.all("_sleep")}

        assert "120s" == waits.pop("time_sleep.log_metrics")
        assert {"60s"} == set(waits.values())


class TestApis:
    def test_enabled(self, both):
        """Every resource's API is enabled, and none that nothing calls."""
        kinds = {each.type for each in both.resources if each.type.startswith("google_")}
        needed = {api_of(kind) for kind in kinds if not kind.startswith("google_project_service")}
        services = {
            each.values["service"] for each in both.all("project_service") if "[" in each.name
        }

        assert {f"{name}.googleapis.com" for name in (*needed, *CALLED)} == services

    def test_identities(self, both):
        """An agent is asked for where its API is enabled."""
        enabled = {each.values["service"] for each in both.all("project_service")}

        assert set() == {each.values["service"] for each in both.all("service_identity")} - enabled
