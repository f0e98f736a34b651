"""The statements of `cleanup`, `replay` and `forget`."""

from collections import Counter, defaultdict
from datetime import datetime

from analytics_commands.forget import player_rows
from analytics_commands.foundation.pipeline import loaded
from analytics_commands.replay import open_letters
from analytics_pipeline.load.dead_letters import DeadLetter
from simulation.statements.views import delete_rows, is_any, open_dead_letters, written

_COLUMNS = DeadLetter.__struct_fields__


def _open_letter_counts(tables, *, environment, category):
    counts = Counter(
        (letter.gcs_uri, letter.generation)
        for letter in open_dead_letters(tables.letters)
        if letter.analytics_environment == environment and is_any(letter.event_category, category)
    )
    return [
        {"gcs_uri": uri, "generation": generation, "letters": count}
        for (uri, generation), count in sorted(counts.items())
    ]


def _open_letters(tables, *, since, until, environment, category, reason):
    return [
        {name: getattr(letter, name) for name in _COLUMNS} | {"event_ds": _date(letter.event_ds)}
        for letter in sorted(
            open_dead_letters(tables.letters),
            key=lambda each: (each.gcs_uri, each.generation, each.line),
        )
        if since <= letter.dead_lettered_timestamp < until
        and is_any(letter.analytics_environment, environment)
        and is_any(letter.event_category, category)
        and is_any(letter.reason, reason)
    ]


def _date(text):
    return datetime.fromisoformat(text).date() if text else None


def _is_selected(each, environment, category, since, until):
    return (
        is_any(each.analytics_environment, environment)
        and is_any(each.event_category, category)
        and since <= each.received_timestamp < until
    )


def _opaque(tables, *, environment, category, since, until):
    shown, found = set(), {}
    for letter in tables.letters:
        if letter.line and _is_selected(letter, environment, category, since, until):
            key = (letter.gcs_uri, letter.generation, letter.line, letter.dead_letter_id)
            found[key] = None
            if letter.payload is not None and not letter.payload_truncated:
                shown.add(key)
    names = ("gcs_uri", "generation", "line", "dead_letter_id")
    return [dict(zip(names, key, strict=True)) for key in found if key not in shown]


def _mentioning(tables, *, environment, category, since, until, left, player, escape):
    return [
        {"dead_letter_id": letter.dead_letter_id, "payload": letter.payload}
        for letter in tables.letters
        if _is_selected(letter, environment, category, since, until)
        and letter.gcs_uri not in left
        and (player in (letter.payload or "") or escape in (letter.payload or ""))
    ]


def _their_rows(tables, *, environment, category, since, until, left, player):
    return [
        row
        for row in tables.events
        if _is_selected(row, environment, category, since, until)
        and row.gcs_uri not in left
        and row.player_id == player
    ]


def _count_theirs(tables, **parameters):
    return [{"n": len(_their_rows(tables, **parameters))}]


def _delete_theirs(tables, *, at, before=None, **parameters):
    doomed = _their_rows(tables, **parameters)
    delete_rows(
        tables.events, [r for r in doomed if before is None or r.inserted_timestamp < before], at
    )
    return []


def _their_letters(tables, ids):
    return [letter for letter in tables.letters if letter.dead_letter_id in ids]


def _delete_their_letters(tables, *, ids, at, before=None):
    doomed = [
        each for each in _their_letters(tables, ids) if before is None or _streamed(each) < before
    ]
    delete_rows(tables.letters, doomed, at)
    return []


def _streamed(letter):
    return max(letter.dead_lettered_timestamp, written(letter))


def _waiting(rows, streamed):
    found = defaultdict(list)
    for row in rows:
        found[row.gcs_uri].append(streamed(row))
    return [
        {"gcs_uri": uri, "n": len(times), "streamed": max(times)}
        for uri, times in sorted(found.items())
    ]


def _waiting_rows(tables, **parameters):
    return _waiting(_their_rows(tables, **parameters), lambda row: row.inserted_timestamp)


def _waiting_letters(tables, *, ids):
    return _waiting(_their_letters(tables, ids), _streamed)


def _of_player(table, condition, streamed, count, delete, waiting):
    """Return the statements about a player's rows in a table, with their twins."""
    deletion = f"DELETE FROM {table} WHERE {condition}"
    return {
        f"SELECT COUNT(*) AS n FROM {table} WHERE {condition}": count,
        deletion: delete,
        f"{deletion} AND {streamed} < @before": delete,
        f"SELECT gcs_uri, COUNT(*) AS n, MAX({streamed}) AS streamed"
        f" FROM {table} WHERE {condition} GROUP BY gcs_uri ORDER BY gcs_uri": waiting,
    }


TWINS = {
    loaded._LETTERS: _open_letter_counts,
    open_letters._SQL: _open_letters,
    player_rows._OPAQUE: _opaque,
    player_rows._MENTIONING: _mentioning,
    # of a table that people made: nobody is in it
    "SELECT COUNT(*) AS n FROM `project.events.imported`"
    " WHERE CAST(`player_id` AS STRING) = @player": lambda _tables, **_: [{"n": 0}],
    **_of_player(
        "events_function",
        player_rows._THEIR_ROWS,
        "inserted_timestamp",
        _count_theirs,
        _delete_theirs,
        _waiting_rows,
    ),
    **_of_player(
        "dead_letters",
        player_rows._THEIR_LETTERS,
        player_rows._LETTER_STREAMED,
        lambda tables, *, ids: [{"n": len(_their_letters(tables, ids))}],
        _delete_their_letters,
        _waiting_letters,
    ),
}
