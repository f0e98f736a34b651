"""A plan shown, judged, agreed to and applied; tried again where an error passes by itself."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from analytics_commands.deploy.losses import Permissions
from analytics_commands.deploy.passing_errors import reasons_to_wait
from analytics_commands.deploy.planned_changes import Plan
from analytics_commands.foundation.deployment.programs import ProgramFailed
from analytics_commands.foundation.deployment.terraform import Terraform
from analytics_commands.foundation.terminal.ending import CommandFailed

PAUSES = (60.0, 120.0)  # seconds before the second and the third attempt
_REHEARSED = Path(".build") / "plan"  # below terraform/, where git ignores it
_NOBODY = "nobody is there to agree to this plan: `--yes` applies it unasked. Nothing was applied"


@contextmanager
def plan_file(*, rehearsing: bool) -> Iterator[Path]:
    """Yield where a plan is saved while the context lasts, for nobody else: it holds API keys."""
    if rehearsing:
        yield _REHEARSED
        return
    with TemporaryDirectory(prefix="analytics-plan-") as folder:
        file = Path(folder) / "plan"
        file.touch(mode=0o600)
        yield file


@dataclass
class Rollout:
    """One configuration on its way into the cloud; all methods raise CommandFailed."""

    terraform: Terraform
    file: Path  # where plans are saved
    permissions: Permissions
    asks: bool
    console: Console
    sleep: Callable[[float], None] = time.sleep
    _agreed: frozenset[str] | None = field(default=None, init=False)  # addresses

    def preview(self) -> Plan:
        """Show a plan, and change nothing."""
        plan = Plan.from_json(self.terraform.plan(self.file))
        self.permissions.check(plan)
        if self._agreed is None and (idle := self.permissions.idle(plan)):
            self._tell(f"This plan has no use for {', '.join(idle)}: is the name right?")
        return plan

    def run(self) -> None:
        """Apply a plan; up to three times, each with a plan of its own."""
        for pause in PAUSES:
            try:
                self._attempt()
            except ProgramFailed as exc:
                reasons = reasons_to_wait(exc.complaint)
                if not reasons:
                    raise
                self._tell(f"That passes by itself: {'; '.join(reasons)}.")
                self._tell(f"Once more in {pause:g} s.")
                self.sleep(pause)
            else:
                return
        self._attempt()

    def _attempt(self) -> None:
        plan = self.preview()
        if not plan.has_changes:
            return
        self._agree(plan)
        self.terraform.apply_plan(self.file)

    def _agree(self, plan: Plan) -> None:
        """Ask, unless all that is changed was agreed to before."""
        if self._agreed is None or not plan.addresses <= self._agreed:
            if self.asks:
                self._ask()
            self._agreed = plan.addresses

    def _ask(self) -> None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandFailed(_NOBODY)
        self._tell("Apply this plan? Only `yes` does.")
        if sys.stdin.readline().strip() != "yes":
            raise CommandFailed("nothing was applied, as the answer was not `yes`")

    def _tell(self, text: str) -> None:
        self.console.print(text, markup=False)
