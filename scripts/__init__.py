"""Commands that run, prove and operate the pipeline: `python -m scripts.NAME --help`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The functions' package is deployed from functions/, not installed.
sys.path.insert(0, str(ROOT / "functions"))
