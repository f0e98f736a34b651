"""Compiles the client's C# with mono's mcs, which knows C# 7.2: annotations of null are cut out."""

import re
import shutil
import subprocess

from checkout import ROOT

CLIENT = ROOT / "clients/unity"
CORE = CLIENT / "Runtime/Core"
LACKS = (
    None
    if shutil.which("mcs") and shutil.which("mono")
    else "mono's mcs and mono are not installed"
)
_REFERENCES = ("-r:System.Net.Http",)
_ANNOTATION = re.compile(r"(?<=[\w>\])])\?(?=[ ,;)>\]]|$)", re.MULTILINE)
_FORGIVING = re.compile(r"(?<=[\w)\]])!(?=[.;,)\[]|$)", re.MULTILINE)


class DoesNotCompile(Exception):
    """The compiler refuses the sources, or warns of them."""


def without_annotations(source):
    """Return C# 9 of ours as C# 7.2; in our code no `?` of a conditional follows a word at once."""
    source = source.replace("#nullable enable", "")
    return _FORGIVING.sub("", _ANNOTATION.sub("", source))


def compile_program(target, sources, folder, *options):
    """Write a program or library; raises DoesNotCompile with what the compiler says."""
    stripped = []
    for number, path in enumerate(sources):
        copy = folder / f"{number:02}-{path.name}"
        copy.write_text(without_annotations(path.read_text()))
        stripped.append(str(copy))
    command = ["mcs", "-langversion:7.2", "-warnaserror", "-optimize+", *_REFERENCES, *options]
    done = subprocess.run(
        [*command, f"-out:{target}", *stripped], capture_output=True, text=True, check=False
    )
    if done.returncode or done.stdout or done.stderr:
        raise DoesNotCompile(done.stdout + done.stderr)
    return target


def core_sources():
    """Return the engine-free sources."""
    return sorted(CORE.glob("*.cs"))
