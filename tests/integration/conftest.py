"""The whole pipeline, started once for all tests of this tier."""

import pytest
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_process import running_pipeline


@pytest.fixture(name="variables", scope="session")
def _variables(tmp_path_factory):
    # A space in the path: a user's folder may have one. Without a streaming buffer, tests can
    # delete rows that were just streamed, and see what becomes of the loss.
    folder = tmp_path_factory.mktemp("a pipeline")
    with running_pipeline(folder, "--streaming-buffer", "0") as variables:
        yield variables


@pytest.fixture(name="pipeline")
def _pipeline(variables):
    client = PipelineClient(variables)
    yield client
    client.close()


@pytest.fixture(name="command")
def _command(variables, monkeypatch, capfd):
    """Run a command's `main` on this pipeline; returns its exit code, stdout and stderr."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def run(module, *arguments):
        capfd.readouterr()
        code = module.main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return run
