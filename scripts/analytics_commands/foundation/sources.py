"""The files that are deployed: `terraform/`, `functions/`, `api-gateway/`.

In a checkout they are the repository's own; an installed program carries a copy, in which the
package `analytics_pipeline` is not: it is installed beside the program.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]
_INSTALLED = Path(__file__).parents[1] / "sources"  # see pyproject.toml

IS_INSTALLED = _INSTALLED.is_dir()
SOURCES = _INSTALLED if IS_INSTALLED else _CHECKOUT
