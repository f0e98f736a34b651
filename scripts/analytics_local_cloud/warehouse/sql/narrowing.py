"""A statement narrowed to some rows of its table, to see whether it changes any of them."""

from collections.abc import Sequence

from sqlglot import exp


def narrow(tree: exp.Expr, row_ids: Sequence[tuple[int, int]]) -> exp.Expr | None:
    """Return a copy of the statement that changes rows of these ids alone (first and last).

    None stands for a statement that changes no row, such as an INSERT.
    """
    if isinstance(tree, exp.TruncateTable):
        table = tree.find(exp.Table)
        return exp.delete(table.copy(), where=_among(table.name, row_ids)) if table else None
    narrowed = tree.copy()
    target = narrowed.find(exp.Table)
    if target is None or isinstance(narrowed, exp.Insert):
        return None
    condition = _among(target.alias_or_name, row_ids)
    if isinstance(narrowed, exp.Merge):
        return _narrow_merge(narrowed, condition)
    where = narrowed.args["where"].this
    narrowed.set("where", exp.Where(this=exp.and_(where, condition)))
    return narrowed


def _narrow_merge(merge: exp.Merge, condition: exp.Expr) -> exp.Merge | None:
    """Keep the clauses that change rows of the target: not those that insert into it."""
    whens = []
    for when in merge.args["whens"].expressions:
        if when.args.get("matched") or when.args.get("source"):
            given = when.args.get("condition")
            when.set("condition", exp.and_(given, condition) if given else condition.copy())
            whens.append(when)
    merge.args["whens"].set("expressions", whens)
    return merge if whens else None


def _among(table: str, row_ids: Sequence[tuple[int, int]]) -> exp.Expr:
    row_id = exp.column("rowid", table=exp.to_identifier(table, quoted=True))
    return exp.paren(exp.or_(*(row_id.copy().between(first, last) for first, last in row_ids)))
