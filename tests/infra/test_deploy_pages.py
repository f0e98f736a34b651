"""The pages on deploying: what they promise to have, they have, and they agree with each other."""

import re

import pytest
from documented_commands import PAGES, commands_in, flags_of

from analytics_commands.deploy.needed_roles import PERMISSIONS
from analytics_commands.deploy.passing_errors import PASSING
from checkout import ROOT

DOCS = sorted(path for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern))
PAGE = (ROOT / "docs" / "deploy.md").read_text()
CI = (ROOT / "docs" / "deploy-from-ci.md").read_text()
ORGANIZATIONS = (ROOT / "docs" / "organizations.md").read_text()
SYMPTOMS = (
    "Cannot find metric(s)",
    "Permission denied while using the Eventarc Service Agent",
    "has not been used in project",
    "iam.gserviceaccount.com does not exist",
    "role_id",
    "a key's name is taken",
    "this plan is not applied",
    "requires a quota project",
    "violates constraint",
    "vpcServiceControlsUniqueIdentifier",
    "cannot destroy",
    "setIamPolicy",
)
CONSTRAINTS = (
    "iam.allowedPolicyMemberDomains",
    "iam.disableServiceAccountCreation",
    "iam.managed.disableServiceAccountApiKeyCreation",
    "run.allowedIngress",
    "cloudfunctions.allowedIngressSettings",
    "gcp.restrictNonCmekServices",
    "gcp.resourceLocations",
    "storage.uniformBucketLevelAccess",
)


def section(text, title):
    """Return the text below one heading, up to the next of its rank or above."""
    pattern = rf"^(#+) {re.escape(title)}\n(.*)"
    rank, found = re.search(pattern, text, re.MULTILINE | re.DOTALL).groups()
    return re.split(rf"^#{{1,{len(rank)}}} ", found, flags=re.MULTILINE)[0]


def first_cells(text):
    """Return the first cell of each row of a table."""
    return re.findall(r"^\| (.*?) \|", text, re.MULTILINE)


def anchors_of(path):
    """Return what a link into a page can name."""
    prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_anchors(page):
    """A link into a page leads to one of its headings."""
    links = re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", page.read_text())
    targets = [((page.parent / file) if file else page, anchor) for file, anchor in links]

    assert [] == [each for each in targets if each[1] not in anchors_of(each[0])]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_length(page):
    """A page can be read at one sitting."""
    assert 400 >= len(page.read_text().splitlines())


def test_roles():
    """The roles that are said to suffice are what `deploy` asks for, and what CI gets."""
    table = re.findall(
        r"`(roles/\S+)`", "\n".join(first_cells(section(PAGE, "Roles that suffice")))
    )
    given = [
        flags_of(words)["role"]
        for words in commands_in(CI)
        if words[1:3] == ["projects", "add-iam-policy-binding"]
        and "deployer@" in flags_of(words)["member"]
    ]

    assert list(PERMISSIONS) == table
    assert table == given


def test_workflow():
    """The page says what to set for each variable that the workflow reads."""
    workflow = (ROOT / "docs" / "examples" / "deploy-workflow.yml").read_text()
    named = re.findall(r"`([A-Z_]+)`", "\n".join(first_cells(section(CI, "In the repository"))))

    assert set(re.findall(r"\bvars\.(\w+)", workflow)) == set(named)


@pytest.mark.parametrize("error", PASSING, ids=lambda pattern: pattern.pattern)
def test_passing(error):
    """What `deploy` tries again has a row that says so."""
    rows = section(PAGE, "Symptom, cause, fix").splitlines()
    (row,) = [row for row in rows if error.search(row)]

    assert "*passes*" in row


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_symptoms(symptom):
    """What is known to go wrong has a row."""
    assert 1 == len(
        [row for row in first_cells(section(PAGE, "Symptom, cause, fix")) if symptom in row]
    )


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_constraints(constraint):
    """A policy that organisations use has a row, which says what it meets."""
    rows = first_cells(section(ORGANIZATIONS, "Organisation policies"))

    assert 1 == len([row for row in rows if f"`{constraint}`" in row])


def test_what_is_open():
    """What only a real project can settle is numbered in its order, with how to see it."""
    rows = re.findall(
        r"^\| (\d+) \| .+? \| (.+) \| (.+) \|$",
        section(PAGE, "What only a real project can settle"),
        re.MULTILINE,
    )

    assert [str(number) for number in range(1, len(rows) + 1)] == [row[0] for row in rows]
    assert 20 < len(rows)
    assert [] == [
        row[0]
        for row in rows
        if "`" not in row[1] and "deploy" not in row[1] and "smoke" not in row[1]
    ]
