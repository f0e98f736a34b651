"""What clients are put through: a table of scenarios, each a function of a World."""

from conformance.scenarios.table import SCENARIOS

__all__ = ["SCENARIOS"]
