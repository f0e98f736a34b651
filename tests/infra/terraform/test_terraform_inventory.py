"""What two deployments consist of is what the files in `inventory` say.

A change of terraform/ is one there, too, for a reviewer to read:
`python -m pytest tests/infra/terraform/test_terraform_inventory.py --write-inventory` writes them.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from inventory import SUBJECTS, inventory_of
from inventory_text import text_of
from test_terraform_docs import VARIABLES

from checkout import ROOT

pytestmark = pytest.mark.terraform

FOLDER = Path(__file__).parent / "inventory"
ALWAYS = {"project_id": "the project is shared", "api_keys": "two keys have two names"}


@pytest.fixture(name="inventories", scope="module")
def _inventories(deployments, terraform):
    """Return what each deployment consists of, by subject."""
    options = ("-var-file=default.tfvars.json", "-input=false", "-refresh=false")
    terraform.run("plan", *options, "-out=configured")
    configuration = json.loads(terraform.run("show", "-json", "configured"))["configuration"]
    source = "\n".join(file.read_text() for file in sorted((ROOT / "terraform").glob("*.tf")))
    return [inventory_of(each, configuration, source) for each in deployments]


def leaves(value):
    """Yield every single value."""
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(each)
    else:
        yield value


@pytest.mark.parametrize("subject", [*SUBJECTS, "order"])
def test_inventory(inventories, subject, request):
    """Nothing is there, has another value, or comes in another order, that no file says."""
    text = text_of(*(each[subject] for each in inventories))
    file = FOLDER / f"{subject}.yaml"
    if request.config.getoption("--write-inventory", default=False):
        file.write_text(text)

    assert file.read_text().splitlines() == text.splitlines()


def test_every_variable(staging):
    """The second deployment gives all there is to give, so that every value shows somewhere."""
    blocks = {name: text for file in VARIABLES.values() for name, text in file.items()}
    attributes = {
        name: set(re.findall(r"^    (\w+) += (?:optional|string|number)", text, re.MULTILINE))
        for name, text in blocks.items()
    }

    assert blocks.keys() == staging.variables.keys()
    for name, known in attributes.items():
        assert not known or known == staging.variables[name].keys()


def test_values_of_their_own(staging):
    """None of its values is another one's, or a default."""
    given = [str(each) for each in leaves(staging.variables)]
    defaults = "".join(text for file in VARIABLES.values() for text in file.values())
    defaults = re.findall(r"default += (\S+)|optional\(\w+, ([^)]+)\)", defaults)

    assert len(given) == len(set(given))
    assert set() == set(given) & {text.strip('"') for pair in defaults for text in pair}
