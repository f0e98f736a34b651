"""What the end of a command means to the shell that ran it."""

import sys

import pytest

from scripts._cli import CommandFailed, new_parser, run_command


def fail(exc):
    """Return a command that ends with the exception."""

    def command():
        raise exc

    return command


def test_done(capsys):
    """A command that returns has exit code 0, and nothing is added to its output."""
    assert 0 == run_command(lambda: sys.stdout.write("data"))

    assert ("data", "") == capsys.readouterr()


def test_failed(capsys):
    """A known failure is one line on stderr, and exit code 1."""
    assert 1 == run_command(fail(CommandFailed("no project")))

    assert ("", "error: no project\n") == capsys.readouterr()


def test_interrupted(capsys):
    """Ctrl-C ends with the shell's code for it."""
    assert 130 == run_command(fail(KeyboardInterrupt()))

    assert ("", "interrupted\n") == capsys.readouterr()


def test_defect(capsys):
    """What nobody expected shows where it happened, and exit code 1."""
    assert 1 == run_command(fail(ZeroDivisionError("by 0")))

    said = capsys.readouterr().err
    assert "ZeroDivisionError: by 0" in said
    assert "defect" in said.splitlines()[-1]


def test_exit_codes_of_the_parser_are_kept(capsys):
    """A wrong option ends with 2, before the command runs."""
    with pytest.raises(SystemExit) as caught:
        new_parser("Do it.\n\n    python -m scripts.it\n").parse_args(["--unknown"])

    assert 2 == caught.value.code
    assert "unrecognized arguments: --unknown" in capsys.readouterr().err


def test_help_is_the_docstring(capsys):
    """`--help` shows the example as it was written."""
    with pytest.raises(SystemExit):
        new_parser("Do it.\n\n    python -m scripts.it\n").parse_args(["--help"])

    assert "\n    python -m scripts.it\n" in capsys.readouterr().out
