"""The fixtures that pytest finds by itself; what they need is imported when a test asks for it."""

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from analytics_testing.kit import Analytics

_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 40  # an environment has up to 64 characters


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a pipeline which is running."""
    group = parser.getgroup("analytics")
    group.addoption(
        "--analytics-url",
        default="",
        help="the local pipeline to test with, as printed by `analytics run` (default:"
        " $ANALYTICS_URL, else one that the tests start)",
    )


@pytest.fixture(scope="session")
def pipeline(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """Yield the variables of a pipeline of this run; with pytest-xdist, each worker has its own."""
    from analytics_testing.chosen_pipeline import chosen_pipeline  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("analytics")
    with chosen_pipeline(pytestconfig.getoption("analytics_url"), folder) as variables:
        yield variables


@pytest.fixture
def analytics(pipeline: Mapping[str, str], request: pytest.FixtureRequest) -> Iterator["Analytics"]:
    """Yield the pipeline as one test sees it."""
    from analytics_testing.kit import Analytics  # noqa: PLC0415

    name = _ODD.sub("-", request.node.name)[:_LONGEST_NAME]
    kit = Analytics(pipeline, f"{name}-{uuid.uuid4().hex[:8]}")
    yield kit
    kit.reset()
