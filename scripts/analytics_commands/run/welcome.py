"""What `run` prints once everything answers: where it is, and what to do next."""

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from analytics_local_cloud.addresses import address_in_network, is_loopback
from analytics_local_cloud.supervisor import PipelineOptions

_RUNNING = """\
The analytics pipeline is running on this machine.

  console    {ANALYTICS_URL}/
  gateway    {ANALYTICS_URL}
  API key    {API_KEY}
  storage    {STORAGE_EMULATOR_HOST}
  BigQuery   {BIGQUERY_EMULATOR_HOST}
  data       {folder}
  logs       {folder}/logs

Send an event, and see it as a row:

  set -a; . {env}; set +a
  curl --data '{{"eventType":"level_up","playerId":"ann","level":7}}' \\
    "$ANALYTICS_URL/v1/event?key=$API_KEY&event_category=function"
  {program} query --sql 'SELECT event_type, player_id, extra FROM events'
{others}
{farewell}
"""
_OPEN = "\nWhoever reaches this machine can send to it, and read and change its data.\n"
_NOT_TOLD = (
    _OPEN
    + """\
Other machines cannot follow 127.0.0.1 in the URLs that they are told. For them:

  {program} run {given} \\
    --public-url http://{address}:{port}
"""
)
_CONTINUED = """\
Ctrl-C stops everything. What continues with the same data:

  {program} run {given}"""
_DELETED = "Ctrl-C stops everything, and deletes the data."


def welcome(
    options: PipelineOptions, given: Sequence[str], *, ephemeral: bool
) -> Callable[[dict[str, str]], str]:
    """Return what turns the variables of the running pipeline into the text; `given` its options.

    Every line fits 80 columns unless a path, a key or an option does not.
    """
    return partial(_describe, options, shlex.join(given), ephemeral)


def _describe(
    options: PipelineOptions,
    given: str,
    ephemeral: bool,  # noqa: FBT001 - partial's
    variables: dict[str, str],
) -> str:
    program, place = _program(), options.place
    others = "" if is_loopback(place.host) else _OPEN
    if others and is_loopback(variables["ANALYTICS_URL"].split("/")[2].split(":")[0]):
        port = variables["ANALYTICS_URL"].rpartition(":")[2]
        address = address_in_network() or "ADDRESS"
        others = _NOT_TOLD.format(program=program, given=given, address=address, port=port)
    farewell = _DELETED if ephemeral else _CONTINUED.format(program=program, given=given).rstrip()
    folder = shlex.quote(near(options.data_dir))
    return _RUNNING.format(
        **variables,
        folder=folder,
        env=shlex.quote(f"{near(options.data_dir)}/env"),
        program=program,
        others=others,
        farewell=farewell,
    )


def near(path: Path) -> str:
    """Return the path as seen from the current folder, if it is below; a shell can source it.

    A path that begins with neither `.` nor `/` would be looked for elsewhere.
    """
    here = Path.cwd()
    if not path.is_relative_to(here):
        return str(path)
    relative = str(path.relative_to(here))
    return relative if relative.startswith(".") else f"./{relative}"


def _program() -> str:
    """Return how to call this program again, from here."""
    name, called = "analytics", Path(sys.argv[0])
    if called.name != name:  # python -m
        return name
    found = shutil.which(name)
    if found is not None and Path(found).samefile(called):
        return name
    return shlex.quote(near(called.absolute()))
