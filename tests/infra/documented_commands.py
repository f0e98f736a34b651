"""The commands that pages show: found in their code, and run with nothing behind them."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

PAGES = tuple(
    ROOT / "docs" / f"{name}.md"
    for name in ("custom-domain", "deploy", "deploy-from-ci", "deploy-with-gcloud", "organizations")
)
PROGRAMS = ("gcloud", "bq", "terraform", "analytics")
_RECORDED = (*PROGRAMS, "curl", "rm", "sleep")
_READ = ("api-gateway", "functions", "terraform")
_END, _NEXT = "\x1e", "\x1f"


def blocks_of(text: str) -> list[str]:
    """Return the shell code of a page, block by block."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def commands_in(text: str) -> list[list[str]]:
    """Return every command of the programs in a page's code, those in `$(…)` on their own."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    blocks = blocks_of(text) + re.findall(rf"`((?:{'|'.join(PROGRAMS)}) [^`\n]+)`", prose)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [command for line in lines for command in _split(line)]


def _split(line):
    """Yield the commands of one line, each a list of words."""
    line = line.replace("$RECONCILE", "https://reconcile.run.app")
    line = re.sub(r"\$([A-Z]+)", lambda name: f"my-{name[1].lower()}", line)
    texts = []
    while "$(" in line:
        start = line.rindex("$(") + 2
        end = _closing(line, start)
        texts.append(line[start:end])
        line = f"{line[: start - 2]}printed{line[end + 1 :]}"
    for text in [line, *texts]:
        words = shlex.shlex(text, posix=True, punctuation_chars="|&;>")
        words.whitespace_split, words.commenters = True, ""
        parts = itertools.groupby(words, key=lambda word: set(word) <= set("|&;>"))
        yield from (part for part in (list(group) for _, group in parts) if part[0] in PROGRAMS)


def _closing(line, start):
    """Return where the parenthesis that is open at `start` closes."""
    depth = 1
    for index in range(start, len(line)):
        depth += {"(": 1, ")": -1}.get(line[index], 0)
        if depth == 0:
            return index
    raise ValueError(line)


def flags_of(words: list[str]) -> dict[str, str]:
    """Return the flags of a command that have a value."""
    return dict(word[2:].split("=", 1) for word in words if re.match(r"--[\w-]+=", word))


@dataclass(frozen=True)
class Rehearsal:
    """What a shell made of a page's code: every call in its order, and what was written."""

    calls: tuple[list[str], ...]
    work: Path  # the temporary folder that the page makes for itself
    left: frozenset[str]  # files that are in the checkout afterwards, and were not before

    def all(self, *words: str) -> list[list[str]]:
        """Return the calls that begin with these words."""
        return [call for call in self.calls if tuple(call[: len(words)]) == words]

    def one(self, *words: str) -> list[str]:
        """Return the only call that begins with these words."""
        (call,) = self.all(*words)
        return call


def rehearse(script: str, answers: dict[str, str], folder: Path) -> Rehearsal:
    """Run a script with programs that record their words, and print what is asked of `answers`.

    Answers are by words that a call has one after the other. The script runs in a copy of what it
    reads, and ends at the first error, an unset variable included.
    """
    checkout, temporary, calls = folder / "checkout", folder / "temporary", folder / "calls"
    for name in _READ:
        ignored = shutil.ignore_patterns("__pycache__", ".terraform*", ".build")
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    temporary.mkdir()
    before = _files_of(checkout)
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{_recorders(answers, calls)}\n{script}"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary)},
        check=True,
        timeout=60,
    )
    recorded = calls.read_text().split(_END)[:-1]
    (work,) = temporary.iterdir()
    left = frozenset(_files_of(checkout) - before)
    return Rehearsal(tuple(call.split(_NEXT)[:-1] for call in recorded), work, left)


def _recorders(answers: dict[str, str], calls: Path) -> str:
    cases = "\n".join(
        f"*{shlex.quote(words)}*) echo {shlex.quote(said)};;" for words, said in answers.items()
    )
    record = f"{{ printf '%s{_NEXT}' \"$@\"; printf '{_END}'; }} >> {shlex.quote(str(calls))}"
    answer = f'case "$*" in\n{cases}\nesac'
    functions = (f'{name}() {{ recorded {name} "$@"; }}' for name in _RECORDED)
    return "\n".join([f"recorded() {{ {record}\n{answer}\n}}", *functions])


def _files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
