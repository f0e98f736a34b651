"""tests: a variable that a test leaves, as `functions_framework` does, reaches no other test."""

import os

import pytest


@pytest.mark.parametrize("_again", range(2))
def test_left(_again):
    """Each of two tests in turn finds nothing of the other, and may leave what it likes."""
    assert ("HOME" in os.environ, "LEFT_BY_A_TEST" in os.environ) == (True, False)

    os.environ["LEFT_BY_A_TEST"] = "1"
    del os.environ["HOME"]
