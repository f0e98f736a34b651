"""Whether a file was uploaded: the storage is asked."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.local_api.asked import FileExpectation
from analytics_local_cloud.local_api.lookout import Finding, Look, met, missed

_MOST_FILES = 1000
_MOST_READ = 20
_MOST_BYTES = 1_000_000
_SHOWN_BYTES = 40


def look_for_file(inside: Inside, asked: FileExpectation) -> Look:
    """Return what looks whether such a file is there; what was read of one is read once."""
    contents: dict[str, str] = {}

    async def look() -> Finding:
        files = [each for each in await _list(inside, asked) if _is_of(asked, each["name"])]
        for file in files[-_MOST_READ:]:
            if file["id"] not in contents:
                contents[file["id"]] = await _begin(inside, file["name"])
        like = asked.bytes_like
        found = [each for each in files if fnmatchcase(contents.get(each["id"], ""), like)]
        if not found:
            return missed(lambda: _complain(inside, asked, files, contents))
        kept = ("name", "size", "contentType", "md5Hash", "timeCreated")
        return met(lambda: {"matches": [{name: each.get(name) for name in kept} for each in found]})

    return look


async def _list(inside: Inside, asked: FileExpectation) -> list[dict[str, Any]]:
    """Return the objects that hold files, the newest last."""
    prefix = "data_type=file/"
    if asked.environment:
        prefix += f"analytics_environment={asked.environment}/"
        prefix += f"event_category={asked.category}/" if asked.category else ""
    query = {"prefix": prefix, "maxResults": str(_MOST_FILES)}
    async with inside.session.get(_objects(inside), params=query) as response:
        if response.status != HTTPStatus.OK:  # a fault that is on
            return []
        answer = await response.json()
    return sorted(answer.get("items", ()), key=lambda each: str(each["timeCreated"]))


async def _begin(inside: Inside, name: str) -> str:
    """Return the beginning of a file, each byte as a character."""
    url = f"{_objects(inside)}/{quote(name, safe='')}"
    part = {"Range": f"bytes=0-{_MOST_BYTES - 1}"}
    async with inside.session.get(url, params={"alt": "media"}, headers=part) as response:
        return (await response.read()).decode("latin-1") if response.ok else ""


def _objects(inside: Inside) -> str:
    return f"{inside.own.storage}/storage/v1/b/{inside.variables['BUCKET_NAME']}/o"


def _is_of(asked: FileExpectation, name: str) -> bool:
    *labels, parent, child = name.split("/")
    return (
        (not asked.category or f"event_category={asked.category}" in labels)
        and asked.file_parent in {"", parent}
        and asked.file_child in {"", child.rpartition("-")[0]}
    )


def _complain(
    inside: Inside,
    asked: FileExpectation,
    files: Sequence[dict[str, Any]],
    contents: dict[str, str],
) -> dict[str, Any]:
    """Return what is there instead, and what was only asked for."""
    wanted = {"category": asked.category, "parent": asked.file_parent, "child": asked.file_child}
    words = " and ".join(f"{name} {value}" for name, value in wanted.items() if value)
    message = f"no file{' of ' * bool(words)}{words} with bytes like {asked.bytes_like!r}"
    near = [
        f"{_short(each['name'])} begins {contents.get(each['id'], '')[:_SHOWN_BYTES]!r}"
        for each in files[-3:]
    ]
    there = {str(each["name"]) for each in files}
    issued = {
        each.object_name.partition("://")[2].partition("/")[2]
        for each in inside.traces.newest_first()
        if each.object_name and each.kind == "file" and asked.environment in {"", each.labels[0]}
    }
    waiting = sorted(_short(name) for name in issued - there if _is_of(asked, name))
    if waiting:
        near.append(f"a URL was asked for, and nothing uploaded: {', '.join(waiting[:3])}")
    return {"message": f"{message}; {'; '.join(near) or 'no URL was asked for'}"}


def _short(name: str) -> str:
    return "/".join(name.split("/")[-2:])
