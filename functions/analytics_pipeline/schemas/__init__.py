"""Columns, views and partitions: one source for the code, Terraform and the local cloud."""

from pathlib import Path

SCHEMAS = Path(__file__).parent
