"""Pure: the preconditions of a request, and which object they admit."""

from dataclasses import dataclass

from analytics_local_cloud.storage.metadata import Bucket, StoredObject
from analytics_local_cloud.storage.storage_errors import ConditionNotMet, Forbidden, NoObject


class NotModified(Exception):
    """A read whose `NotMatch` condition names the object as it is; answered 304."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for the request to be carried out; None: anything.

    A generation of 0 stands for "no such object". Entity tags are those of either API, `*` is any;
    times are seconds since the epoch. `may_overwrite` is what the caller's permissions allow, not
    a condition.
    """

    generation: int | None = None
    if_generation_match: int | None = None
    if_generation_not_match: int | None = None
    if_metageneration_match: int | None = None
    if_metageneration_not_match: int | None = None
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None
    if_modified_since: int | None = None
    if_unmodified_since: int | None = None
    may_overwrite: bool = True

    def check_write(self, bucket: str, name: str, current: StoredObject | None) -> None:
        """Raise Forbidden or ConditionNotMet unless the object may be written."""
        if current is not None and not self.may_overwrite:
            raise Forbidden(
                "Access denied.",
                Details="The signer does not have storage.objects.delete access to the Google "
                f"Cloud Storage object {bucket}/{name}, which exists.",
            )
        if not self._matches(current) or self._excludes(current):
            raise ConditionNotMet

    def check_change(self, bucket: str, name: str, current: StoredObject | None) -> StoredObject:
        """Return the object to change; raises NoObject or ConditionNotMet."""
        found = self._find(bucket, name, current)
        self.check_bucket(found, is_read=False)
        return found

    def check_read(self, bucket: str, name: str, current: StoredObject | None) -> StoredObject:
        """Return the object to read; raises NoObject, ConditionNotMet or NotModified."""
        found = self._find(bucket, name, current)
        self.check_bucket(found, is_read=True)
        return found

    def check_bucket(self, found: Bucket | StoredObject, *, is_read: bool) -> None:
        """Raise ConditionNotMet, or for a read NotModified, unless what was found is admitted."""
        if not self._matches(found):
            raise ConditionNotMet
        if self._excludes(found):
            raise NotModified if is_read else ConditionNotMet

    def _find(self, bucket: str, name: str, current: StoredObject | None) -> StoredObject:
        if current is None or self.generation not in (None, current.generation):
            raise NoObject(bucket, name)
        return current

    def _matches(self, current: Bucket | StoredObject | None) -> bool:
        generation, metageneration = _versions(current)
        return (
            self.if_generation_match in (None, generation)
            and self.if_metageneration_match in (None, metageneration)
            and (self.if_match is None or _names(self.if_match, current))
            and not _is_later(current, self.if_unmodified_since)
        )

    def _excludes(self, current: Bucket | StoredObject | None) -> bool:
        generation, metageneration = _versions(current)
        if self.if_none_match is not None:
            is_unchanged = _names(self.if_none_match, current)
        else:  # a time counts only without entity tags (RFC 9110, 13.2.2)
            since = self.if_modified_since
            is_unchanged = since is not None and not _is_later(current, since)
        return (
            generation == self.if_generation_not_match
            or metageneration == self.if_metageneration_not_match
            or is_unchanged
        )


ANY = Conditions()


def _versions(current: Bucket | StoredObject | None) -> tuple[int, int]:
    return (0, 0) if current is None else (current.generation, current.metageneration)


def _names(tags: tuple[str, ...], current: Bucket | StoredObject | None) -> bool:
    return current is not None and any(tag == "*" or tag in current.entity_tags for tag in tags)


def _is_later(current: Bucket | StoredObject | None, since: int | None) -> bool:
    """Tell whether it was changed after `since`, to the second as HTTP has it."""
    return current is not None and since is not None and current.updated // 1_000_000 > since
