"""What holds for all tests."""

import signal


def pytest_configure():
    """Let programs that tests start be interrupted, also where the tests run in the background.

    There a shell has told them to ignore Ctrl-C, and whatever they start would, too.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
