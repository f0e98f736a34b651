"""What a report holds for programs: the figures, as JSON between its texts."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Self

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.scale_test.report.texts import Shown

_ELEMENT = '<script type="application/json" id="figures">{}</script>'
_DATA = re.compile(re.escape(_ELEMENT).replace(r"\{\}", "(.*?)"), re.DOTALL)


@dataclass(frozen=True)
class ReportData:
    """One run, as a later one compares itself with it; `values` are figures by name."""

    run: str
    started: str
    load: str
    machine: str
    values: Mapping[str, float]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what was embedded; raises ValueError for anything else."""
        document = json.loads(text, parse_int=float)
        try:
            data = cls(**document)
        except TypeError as exc:  # no object, or one of other names
            raise ValueError(str(exc)) from exc
        if not data.is_sound():
            raise ValueError("a text is no text, or a value no number")
        return data

    def is_sound(self) -> bool:
        """Tell whether each field is what it should be: a file can hold anything."""
        texts = (self.run, self.started, self.load, self.machine)
        return (
            all(isinstance(text, str) for text in texts)
            and isinstance(self.values, dict)
            and all(isinstance(n, float) and isfinite(n) for n in self.values.values())
        )

    def as_element(self) -> str:
        """Return it as an element of a page; no value can end that element."""
        return _ELEMENT.format(json.dumps(asdict(self)).replace("<", r"\u003c"))

    def summary(self) -> Mapping[str, Any]:
        """Return it as a part of what `--json` prints."""
        return {"scale_test": self.run, "started": self.started, **self.values}


def known_values(shown: list[Shown]) -> Mapping[str, float]:
    """Return the figures that are known, by name."""
    return {each.name: each.value for each in shown if each.value is not None}


def read_report(path: Path) -> ReportData:
    """Return what a report holds; raises CommandFailed for a file that is none."""
    try:
        found = _DATA.search(path.read_text(encoding="utf-8"))
        if found is not None:
            return ReportData.from_json(found[1])
    except OSError as exc:
        raise CommandFailed(f"{path} cannot be read: {exc.strerror}") from exc
    except (ValueError, RecursionError):
        pass
    raise CommandFailed(f"{path} is no report of a scale test that figures can be compared with")
