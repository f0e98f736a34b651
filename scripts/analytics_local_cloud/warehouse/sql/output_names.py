"""Names of the columns that a query returns."""

from sqlglot import exp

_NAMED = (exp.Alias, exp.Aliases, exp.Column, exp.Dot, exp.Star)


def name_outputs(tree: exp.Expr) -> None:
    """Name the anonymous columns `f0_`, `f1_`, … as BigQuery does, in place."""
    for select in tree.find_all(exp.Select):
        anonymous = [item for item in select.expressions if not isinstance(item, _NAMED)]
        for number, item in enumerate(anonymous):
            item.replace(exp.alias_(item.copy(), f"f{number}_"))
