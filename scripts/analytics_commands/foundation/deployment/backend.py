"""Where Terraform keeps the state: on this machine, or as backend.tf and the operator say."""

import json
from dataclasses import dataclass
from pathlib import Path

from analytics_commands.foundation.terminal.ending import CommandFailed

_DECLARED = "backend.tf"
_REMEMBERED = Path(".terraform") / "terraform.tfstate"  # the backend of the last `init`


@dataclass(frozen=True)
class Backend:
    """Settings of the backend that backend.tf leaves open, each KEY=VALUE or a file of them.

    `folder` is where Terraform runs; files are named from where the program is run.
    """

    folder: Path
    settings: tuple[str, ...] = ()

    def as_options(self) -> list[str]:
        """Return them as options of `terraform init`.

        Raises CommandFailed where no backend is declared: Terraform would go on with a state on
        this machine, and make everything a second time.
        """
        if not self.settings:
            return []
        if not (self.folder / _DECLARED).is_file():
            raise CommandFailed(
                f"--backend-config says where the state is, but {self.folder / _DECLARED} is"
                " missing: copy backend.tf.example to it"
            )
        named = (each if "=" in each else str(Path(each).resolve()) for each in self.settings)
        return [*self._reconfiguring(), *(f"-backend-config={each}" for each in named)]

    def _reconfiguring(self) -> list[str]:
        """Let another backend than last time be taken, but not for a state of this machine.

        That one would be left behind without a word; without the option Terraform refuses.
        """
        try:
            last = json.loads((self.folder / _REMEMBERED).read_text())
        except (OSError, ValueError):
            return []
        return ["-reconfigure"] if isinstance(last, dict) and last.get("backend") else []
