"""The page about gcloud alone, as a shell runs it."""

import pytest
from documented_commands import rehearse
from gcloud_page import ANSWERS, VARIANTS, script_of


@pytest.fixture(name="runs", scope="module")
def _runs(tmp_path_factory):
    """Run the page in a shell, in each variant."""
    return {
        variant: rehearse(script_of(variant), ANSWERS, tmp_path_factory.mktemp(variant))
        for variant in VARIANTS
    }


@pytest.fixture(name="run", params=VARIANTS)
def _run(request, runs):
    """Return what a shell made of the page, in each variant."""
    return runs[request.param]


@pytest.fixture(name="variant")
def _variant(request):
    """Return which variant `run` is."""
    return request.node.callspec.params["run"]
