"""Drives a client that makes a mistake: `python wrong_driver.py NAME`."""

import sys
from pathlib import Path

if __name__ == "__main__":  # as a program it is given no path to what it imports
    sys.path.insert(0, str(Path(__file__).parents[2]))

from conformance.reference.reference_driver import ReferenceDriver, drive
from conformance.reference.wrong_clients import WRONG

if __name__ == "__main__":
    wrong = ReferenceDriver()
    wrong.client_class = WRONG[sys.argv[1]]
    drive(wrong)
