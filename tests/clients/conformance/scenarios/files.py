"""Files: a ticket, then the bytes, whatever happens on either way."""

import itertools

from conformance.attempts import FILE, TICKET
from conformance.broken import Broken
from conformance.weather import Answered, LostAnswer, Reset


def _play_upload(*weathers, kind=TICKET, content=b"Segmentation fault\n" * 1000):
    def play(world):
        path = world.folder.parent / "dump.txt"
        path.write_bytes(content)
        world.proxy.script(*weathers, kind=kind)
        world.open()
        told = world.driver.ask("upload", path=str(path), content_type="text/plain")
        name = told["object"].removeprefix(f"gs://{world.rows.client.bucket.name}/")
        stored = world.rows.client.bucket.blob(name).download_as_bytes()
        if stored != content:
            raise Broken(f"{told['object']} has {len(stored)} bytes, not the file's")
        _check_puts(world)

    met = ", ".join(map(str, weathers)) or "nothing bad"
    play.__doc__ = f"A file is stored, though {kind} meets {met} [U1][U2]."
    return play


def _check_puts(world):
    """Check that each PUT had a ticket of its own: what was tried may be stored."""
    puts = world.proxy.of_kind(FILE)
    for before, again in itertools.pairwise(puts):
        if before.target == again.target and not _is_resent_by_a_browser(before):
            raise Broken(f"{again} is sent to a URL that was used: ask for a new ticket")


def _is_resent_by_a_browser(attempt):
    """Tell whether a browser may have sent it again, unasked: its connection broke unanswered."""
    return attempt.status is None and "Mozilla/" in attempt.headers.get("user-agent", "")


CASES = {
    "upload": _play_upload(),
    "upload_of_nothing": _play_upload(content=b""),
    "upload_ticket_faults": _play_upload(Answered(503), Reset(), LostAnswer()),
    "upload_lost_answer": _play_upload(LostAnswer(), LostAnswer(), kind=FILE),
    "upload_put_faults": _play_upload(Answered(503), Answered(403), kind=FILE),
}
