"""Pure: what a query may be asked for; every saved query takes these named parameters."""

import json
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Parameters:
    """The first day of `received_date`, an environment or any (None), and the most rows."""

    since: date
    environment: str | None
    row_limit: int

    def values(self) -> dict[str, date | str | int | None]:
        """Return the values by name."""
        return {
            "since": self.since,
            "environment": self.environment,
            "row_limit": self.row_limit,
        }

    def as_comments(self) -> str:
        """Return lines of SQL comments that give each parameter its value as a literal."""
        literals = {
            "since": f"DATE '{self.since.isoformat()}'",
            "environment": "NULL" if self.environment is None else json.dumps(self.environment),
            "row_limit": str(self.row_limit),
        }
        return "".join(f"-- @{name} = {literal}\n" for name, literal in literals.items())
