"""The files that are deployed: `terraform/`, `functions/`, `api-gateway/`.

In a checkout they are the repository's own; an installed program carries a copy.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]
_INSTALLED = Path(__file__).parents[1] / "sources"  # see pyproject.toml

SOURCES = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
