"""Pure: a number beside what it counts, right for one of it, too."""


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 event` or `1,234 events`; `several` is for what does not end in a mere s."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
