"""The pipeline of a test run: one that is running and named, else one of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_pipeline.settings import FromEnvironment, setting


@dataclass(frozen=True, kw_only=True)
class _Named(FromEnvironment):
    """The variables of a pipeline that is running, as `analytics run` writes them."""

    analytics_url: str = setting(str, "the URL of the gateway; option --analytics-url", "")
    api_key: str = setting(str, "the key that clients show", "local_so_does_not_matter")
    google_cloud_project: str = setting(str, "the project", "local-project")
    bigquery_dataset: str = setting(str, "the dataset of the tables", "events")
    bigquery_emulator_host: str = setting(str, "the URL of BigQuery, for sql()", "")


@contextmanager
def chosen_pipeline(url: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """Yield the variables of the pipeline at `url`, of ANALYTICS_URL, or of one that it starts.

    Raises PipelineFailed with what that printed.
    """
    named = _Named.from_env(given={"analytics_url": url} if url else {})
    if named.analytics_url:
        yield {name.upper(): value for name, value in vars(named).items()}
    else:
        with running_pipeline(folder / "pipeline") as variables:
            yield variables
