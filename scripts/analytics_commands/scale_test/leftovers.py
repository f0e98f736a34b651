"""What a run that ended early leaves behind, and the commands that remove it."""

import argparse
from shlex import quote

from analytics_commands.scale_test.load.planting import Plan
from analytics_pipeline.object_names import LOADED_CATEGORY

_TARGET_OPTIONS = ("project_id", "bucket_name", "dataset")


def explain_leftovers(arguments: argparse.Namespace, plan: Plan) -> str:
    """Return lines for a terminal; the commands have the options that named the pipeline."""
    given = {name: getattr(arguments, name) for name in _TARGET_OPTIONS}
    options = "".join(
        f" --{name.replace('_', '-')} {quote(value)}" for name, value in given.items() if value
    )
    lines = [
        "What was sent stays; this removes it:",
        f"  analytics cleanup --older-than 0m --execute{options} \\",
        f"    --prefix {quote(plan.prefix)}",
    ]
    if plan.partition.event_category == LOADED_CATEGORY:
        rows = f"events_function WHERE event_type = '{plan.run}'"
        lines += [
            "And its rows, which BigQuery deletes once they are 90 minutes old:",
            f"  analytics query{options} --sql \\",
            f'    "DELETE FROM {rows}"',  # noqa: S608 - a name of letters, digits and . _ -
        ]
    return "\n".join(lines)
