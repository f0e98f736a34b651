"""What must hold in every world: its own account of everything, against what the pipeline says."""

import gzip
import json
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass

from analytics_commands.audit.findings import SERVER_GAPS
from analytics_pipeline.load.cloud_event import parse_finalized
from analytics_pipeline.object_names import LOADED_CATEGORY, object_uri, parse_object_name
from analytics_pipeline.stored_objects import REWRITTEN_AT
from simulation.statements import visible
from simulation.storage import BUCKET
from simulation.warehouse import REFUSED_TYPE

_ABSENT = {"missing", "orphan"}
_UNLOADED = {"undelivered", "lost"}


@dataclass(frozen=True)
class Stored:
    """The events of a generation, by line from 1: the tag (None: no event), and the player."""

    uri: str
    generation: str
    is_loaded_category: bool
    events: dict

    @property
    def tags(self):
        return {tag for tag, _ in self.events.values() if tag is not None}


def read(made):
    """Return the events of a generation, none of one that cannot be read."""
    place = parse_object_name(made.name)
    content, events = made.content, {}
    try:
        content = gzip.decompress(content) if made.content_encoding == "gzip" else content
    except (EOFError, zlib.error, gzip.BadGzipFile):
        content = b""
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "envelopeWraps" not in event:
            events[number] = event.get("eventType"), event.get("playerId")
        else:
            events[number] = None, None
    is_loaded = place.partition.event_category == LOADED_CATEGORY and place.data_type == "json"
    return Stored(object_uri(BUCKET, made.name), str(made.generation), is_loaded, events)


def lacking(world):
    """Return the URIs of objects that are to be loaded, and of which an event is nowhere."""
    tables = world.warehouse.tables
    lines, wholes = defaultdict(set), set()
    for row in tables.events:
        lines[row.gcs_uri, row.generation].add(row.line)
    for letter in tables.letters:
        lines[letter.gcs_uri, letter.generation].add(letter.line)
        if letter.line == 0:
            wholes.add((letter.gcs_uri, letter.generation))
    found = set()
    for made in world.storage.objects.values():
        stored = parse_finalized(made.resource())
        if stored is None:
            continue
        key = (stored.ref.uri, stored.ref.generation)
        due = 1 if stored.event_count is None else stored.event_count
        if len(lines[key]) < due and key not in wholes:
            found.add(stored.ref.uri)
    return found


def undelivered(world):
    """Yield what lacks rows though its event was delivered until it was taken."""
    given_up = {object_uri(BUCKET, name) for name in world.delivery.given_up}
    for uri in sorted(lacking(world) - given_up):
        yield f"{uri} lacks rows, and its event was taken"


def unrepaired(world):
    """Yield what lacks rows after quiet nights though a receipt says that it was accepted."""
    accepted = {
        line.gcs_uri for line in world.warehouse.tables.receipts if line.event == "batch_stored"
    }
    for uri in sorted(lacking(world) & accepted):
        yield f"{uri} lacks rows, and quiet nights did not load it"


def problems_of_audit(world, audited, lacking_uris):
    """Yield what an audit says otherwise than the world knows."""
    rewritten = {
        object_uri(BUCKET, made.name)
        for made in world.storage.objects.values()
        if REWRITTEN_AT in made.metadata
    }
    said = audited.uris(*_UNLOADED)
    for uri in sorted((said ^ lacking_uris) - rewritten):
        yield f"{uri} {'lacks' if uri in lacking_uris else 'does not lack'} rows: the audit errs"
    receipts, held = Counter(), set()
    for line in world.warehouse.tables.receipts:
        if line.event in {"batch_stored", "batch_repeated"}:
            receipts[line.gcs_uri] = max(receipts[line.gcs_uri], line.event_count or 0)
    held |= {row.gcs_uri for row in world.warehouse.tables.events}
    held |= {letter.gcs_uri for letter in world.warehouse.tables.letters}
    there = {object_uri(BUCKET, name) for name in world.storage.objects}
    gone = (held | set(receipts)) - there
    if (accepted := audited.tallies.total["accepted"]) != sum(receipts.values()):
        yield f"the audit counts {accepted} accepted events of {sum(receipts.values())}"
    if (objects := audited.tallies.total["objects"]) != len(there):
        yield f"the audit counts {objects} objects of {len(there)}"
    if audited.uris(*_ABSENT) != gone:
        yield f"the audit names {len(audited.uris(*_ABSENT))} absent objects of {len(gone)}"
    for uri in sorted(gone - {object_uri(BUCKET, made.name) for made in world.cleaned}):
        yield f"{uri} is gone, and nobody deleted it"
    # Rows of somebody who is being forgotten go later than their lines.
    excused = set() if world.forgotten else rewritten
    for kind in sorted(set(SERVER_GAPS) - _ABSENT - _UNLOADED):
        for uri in sorted(audited.uris(kind) - excused):
            yield f"{uri} is {kind}"


def problems(world, final, forgotten):
    """Yield whatever does not hold at the end; `forgotten` are the players nobody may find."""
    history = [read(made) for made in world.storage.history]
    for uri in sorted(lacking(world)):
        yield f"{uri} lacks rows after the repairs"
    yield from _lost(world, history, final, forgotten)
    yield from _doubled(world, history, final)
    yield from _invented(world, history)
    yield from _remembered(world, forgotten)


def _lost(world, history, final, forgotten):
    """Yield what was acknowledged, and is neither stored nor shown."""
    by_batch = {}
    for made, stored in zip(world.storage.history, history, strict=True):
        by_batch.setdefault(made.metadata.get("batch_id"), (made, stored))  # as it was accepted
    there = {made.name for made in [*world.storage.objects.values(), *world.cleaned]}
    shown = {row.event_type for row in world.warehouse.tables.events}
    lettered = {(letter.gcs_uri, letter.line) for letter in world.warehouse.tables.letters}
    named = final.uris(*SERVER_GAPS)
    for client in world.clients:
        for batch in client.batches:
            for batch_id in batch.accepted:
                if batch_id not in by_batch or by_batch[batch_id][0].name not in there:
                    yield f"batch {batch_id} was acknowledged, and is not stored"
                    continue
                _, stored = by_batch[batch_id]
                for line, (tag, player) in stored.events.items():
                    is_known = (
                        tag in shown
                        or (stored.uri, line) in lettered
                        or player in forgotten
                        or stored.uri in named
                    )
                    if stored.is_loaded_category and not is_known:
                        yield f"event {tag} of line {line} was acknowledged, and is nowhere"


def _doubled(world, history, final):
    """Yield what the view shows oftener than it was stored under different identities."""
    times = Counter(row.event_type for row in visible(world.warehouse.tables.events))
    objects, keyed = defaultdict(set), set()
    for stored in history:
        for tag in stored.tags:
            objects[tag].add(stored.uri)
    for client in world.clients:
        keyed.update(tag for batch in client.batches if batch.is_keyed for tag in batch.tags)
    named = final.uris("doubled_across_days", "retried_later")
    for tag, count in sorted(times.items()):
        if tag == REFUSED_TYPE or tag in world.writer.tags:
            continue
        most = 1 if tag in keyed else len(objects[tag])
        if count > most and not objects[tag] & named:
            yield f"event {tag} is shown {count} times, {most} at most"
    yield from _stored_twice(world, objects)


def _stored_twice(world, objects):
    """Yield what is in several objects though its key says when it was made."""
    for client in world.clients:
        for batch in client.batches:
            for tag in batch.tags[:1] if batch.tells_its_time else ():
                if len(objects[tag]) > 1:
                    yield f"event {tag} is in {len(objects[tag])} objects"


def _invented(world, history):
    """Yield what is there and was not sent."""
    sent = {tag for client in world.clients for batch in client.batches for tag in batch.tags}
    sent |= world.writer.tags
    there = {row.event_type for row in world.warehouse.tables.events}
    there |= {tag for stored in history for tag in stored.tags}
    for tag in sorted(there - sent):
        yield f"event {tag} was never sent"


def _remembered(world, forgotten):
    """Yield what is left of players that were forgotten."""
    for row in world.warehouse.tables.events:
        if row.player_id in forgotten:
            yield f"row {row.event_id} of {row.player_id}, who was forgotten"
    for made in world.storage.objects.values():
        stored = read(made)
        if any(player in forgotten for _, player in stored.events.values()):
            state = "rewritten" if REWRITTEN_AT in made.metadata else "as it was"
            yield f"{stored.uri} ({state}) holds a player who was forgotten"
