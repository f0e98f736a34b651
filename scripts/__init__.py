"""Commands that run, prove and operate the pipeline: `python -m scripts.NAME --help`."""

import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The functions' package is deployed from functions/, not installed.
sys.path.insert(0, str(ROOT / "functions"))

# While a command is still being loaded, Ctrl-C ends it without a traceback; run_command takes over.
if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
