"""The environment of what is measured: Google's clients read all of it with each request."""

from collections.abc import Mapping, Sequence

_ALWAYS = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}  # noqa: S108 - nobody's


def clean_environment(variables: Mapping[str, str]) -> Sequence[str]:
    """Return what a command is given to, to have these variables, and none of this process's."""
    settings = {**_ALWAYS, **variables}
    return ["env", "-i", *(f"{name}={value}" for name, value in settings.items())]
