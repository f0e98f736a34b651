"""Pure: the preconditions of a request, and which object they admit."""

from dataclasses import dataclass

from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.storage_errors import ConditionNotMet, Forbidden, NoObject


class NotModified(Exception):
    """A read whose `NotMatch` condition names the object as it is; answered 304."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for the request to be carried out; None: anything.

    A generation of 0 stands for "no such object". `may_overwrite` is what the caller's
    permissions allow, not a condition.
    """

    generation: int | None = None
    if_generation_match: int | None = None
    if_generation_not_match: int | None = None
    if_metageneration_match: int | None = None
    if_metageneration_not_match: int | None = None
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
        if not self._matches(found) or self._excludes(found):
            raise ConditionNotMet
        return found

    def check_read(self, bucket: str, name: str, current: StoredObject | None) -> StoredObject:
        """Return the object to read; raises NoObject, ConditionNotMet or NotModified."""
        found = self._find(bucket, name, current)
        if not self._matches(found):
            raise ConditionNotMet
        if self._excludes(found):
            raise NotModified
        return found

    def _find(self, bucket: str, name: str, current: StoredObject | None) -> StoredObject:
        if current is None or self.generation not in (None, current.generation):
            raise NoObject(bucket, name)
        return current

    def _matches(self, current: StoredObject | None) -> bool:
        generation, metageneration = _versions(current)
        return self.if_generation_match in (None, generation) and (
            self.if_metageneration_match in (None, metageneration)
        )

    def _excludes(self, current: StoredObject | None) -> bool:
        generation, metageneration = _versions(current)
        return generation == self.if_generation_not_match or (
            metageneration == self.if_metageneration_not_match
        )


ANY = Conditions()


def _versions(current: StoredObject | None) -> tuple[int, int]:
    return (0, 0) if current is None else (current.generation, current.metageneration)
