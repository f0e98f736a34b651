"""All scenarios, by name."""

from conformance.scenarios import (
    bad_weather,
    clocks,
    consent,
    deaths,
    files,
    good_weather,
    limits,
    refused_batches,
    session_counts,
    sharing,
)

_ROOMS = (
    *(good_weather, bad_weather, deaths, refused_batches, limits, consent, session_counts),
    *(clocks, sharing, files),
)


def _scenarios():
    for room in _ROOMS:
        for name, play in vars(room).items():
            if name.startswith("play_"):
                yield name.removeprefix("play_"), play
        yield from getattr(room, "CASES", {}).items()


SCENARIOS = dict(_scenarios())
