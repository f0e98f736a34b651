"""The clients of this repository, and the command lines that drive them."""

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

_DRIVERS = ROOT / "tests/clients/drivers"


@dataclass(frozen=True)
class ReadyClient:
    """A driver's file, what runs it, and which programs have to be installed for that.

    `usually` are the scenarios that it plays where nobody asked for it by name, None for all.
    """

    driver: Path
    runtime: tuple
    programs: tuple = ()
    usually: frozenset | None = None

    @property
    def command(self):
        """The command line, without what a shell would need."""
        return [*self.runtime, str(self.driver)]

    def lacks(self):
        """Return what is missing here to run it, None for nothing."""
        for program in self.programs:
            if shutil.which(program) is None:
                return f"{program} is not installed"
        return None if self.driver.exists() else f"there is no {self.driver.name}"


# What starts slowly, or is there to test the suite with, plays one scenario of each sort.
_A_FEW = frozenset(
    {
        *("first_event", "fault_lost_answer", "kill_during_send", "parked", "outbox_full"),
        *("consent_withdrawn_while_sending", "outage_of_a_week", "upload_lost_answer"),
    }
)
CLIENTS = {
    "reference": ReadyClient(
        Path(__file__).parent / "reference/reference_driver.py",
        (sys.executable,),
        usually=_A_FEW,
    ),
    "python": ReadyClient(_DRIVERS / "python_driver.py", (sys.executable,)),
    "node": ReadyClient(_DRIVERS / "node_driver.mjs", ("node",), ("node",)),
    "chromium": ReadyClient(
        _DRIVERS / "chromium_driver.py", (sys.executable,), ("chromium",), usually=_A_FEW
    ),
    "csharp": ReadyClient(_DRIVERS / "csharp_driver.py", (sys.executable,), ("mcs", "mono")),
}


def command_of(text):
    """Return the command line that somebody wrote for a driver of their own."""
    return shlex.split(text)
