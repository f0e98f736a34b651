"""Dates and times plus something, or minus."""

from collections.abc import Callable, Iterator

from analytics_local_cloud.warehouse.translation.function_calls import Call, Template, bind
from analytics_local_cloud.warehouse.translation.functions.dates.date_parts import MONTHS, UNITS
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated, unwrap

_DAY = UNITS["DAY"]


def sum_entries() -> Iterator[tuple[str, Template]]:
    """Yield what the tables say of …_ADD, of …_SUB and of INTERVAL after + and -."""
    for word, sign in (("add", ""), ("sub", "0 - ")):
        for name in (f"date_{word}", f"datetime_{word}"):
            for part, months in MONTHS.items():
                amount = f"CAST({sign}{{1}} * {months} AS INTEGER)"
                yield f"{name}(d,i,{part})", f"gsql_date({{0}} + to_months({amount}))"
                yield f"{name}(D,i,{part})", f"gsql_datetime({{0}} + to_months({amount}))"
            for part, unit in (UNITS | {"WEEK": 7 * UNITS["DAY"]}).items():
                yield f"{name}(D,i,{part})", f"gsql_datetime_add({{0}}, {sign}{{1}}, {unit})"
        yield f"date_{word}(d,i,DAY)", f"gsql_date({{0}} + CAST({sign}{{1}} AS INTEGER))"
        yield f"date_{word}(d,i,WEEK)", f"gsql_date({{0}} + CAST({sign}{{1}} * 7 AS INTEGER))"
        for part, unit in UNITS.items():
            for name in (f"timestamp_{word}", f"date_{word}"):
                yield f"{name}(t,i,{part})", f"gsql_timestamp_add({{0}}, {sign}{{1}}, {unit})"
            if part != "DAY":
                yield (
                    f"time_{word}(T,i,{part})",
                    f"gsql_time_add({{0}}, {sign}({{1}} % {_DAY // unit}), {unit})",
                )
        rule = _plus(word)
        yield from (
            (f"${'add' if word == 'add' else 'subtract'}({kind},v)", rule) for kind in "dDt"
        )


def _plus(word: str) -> Callable[[Call], str]:
    """Return the rule of `+` and `-` with an INTERVAL, which must be a single part."""

    def rule(call: Call) -> str:
        kind, node = unwrap(call.nodes[1])
        name = node.parent.function.name if kind == "resolved_function_call_node" else ""
        if name != "ZetaSQL:$interval":
            raise NotTranslated("INTERVAL of several parts")
        number, part = node.parent.argument_list
        moment = call.arguments[0]
        if call.letters()[0] == "d":
            moment = f"CAST({moment} AS TIMESTAMP)"
        function = f"{'timestamp' if call.letters()[0] == 't' else 'datetime'}_{word}"
        nodes = (call.nodes[0], number, part)
        key = Call(call.statement, function, (), nodes, call.type).key().replace("(d,", "(D,")
        template = dict(sum_entries()).get(key)
        if not isinstance(template, str):
            raise NotTranslated("INTERVAL of this part")
        amount = call.statement.expression(number)
        return bind(call.statement, (moment, amount), template.format)

    return rule
