"""Pure: the saved queries, one file of SQL each; its first comment line says what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

FOLDER = Path(__file__).parent / "saved"
_COMMENT = "--"


@dataclass(frozen=True)
class SavedQuery:
    """One query; `sql` is the file's text, comments included."""

    name: str
    description: str
    sql: str


def read_saved_queries(folder: Path = FOLDER) -> Mapping[str, SavedQuery]:
    """Return all saved queries by name, in alphabetical order."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.sql"))}


def complete_name(prefix: str, **_: object) -> list[str]:
    """Return the names that begin so, for the completion of a shell."""
    return [path.stem for path in sorted(FOLDER.glob("*.sql")) if path.stem.startswith(prefix)]


def suggest(name: str, known: Mapping[str, SavedQuery]) -> list[str]:
    """Return the names that somebody who wrote `name` may have meant, the closest first."""
    close = get_close_matches(name, known, n=3)
    return close or [each for each in known if name and name.casefold() in each]


def _read(path: Path) -> SavedQuery:
    sql = path.read_text(encoding="utf-8")
    first_line = sql.partition("\n")[0]
    return SavedQuery(path.stem, first_line.removeprefix(_COMMENT).strip(), sql)
