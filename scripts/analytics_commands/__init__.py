"""The program `analytics`: a folder for each command, its door always `command.py`."""

import signal
import sys

# While the program is being loaded, Ctrl-C ends it without a traceback; run_command takes over.
if (
    sys.argv[0].endswith(("-m", "analytics"))
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
