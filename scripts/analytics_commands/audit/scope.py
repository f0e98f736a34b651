"""Which objects an audit is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics_pipeline.object_names import Partition, prefix_of
from analytics_pipeline.reconcile.inventory import Inventory
from analytics_pipeline.stored_objects import Selection, StoredObject


@dataclass(frozen=True, slots=True)
class Scope:
    """Objects received in [since, settled) are audited; those in [settled, until) are pending.

    Everything is reckoned at one moment, `now`: what is younger than `settle` may be on its way.
    """

    selection: Selection
    settle: timedelta
    now: datetime

    @property
    def settled(self) -> datetime:
        """What was received before then must have arrived; never before `since`."""
        settled = min(self.selection.until, self.now - self.settle)
        return max(self.selection.since, settled)

    @property
    def name_part(self) -> str:
        """What the names of all its objects hold, as far as one piece of text can say it."""
        environment = self.selection.analytics_environment
        category = self.selection.event_category
        parts = [f"analytics_environment={environment}"] if environment else []
        parts += [f"event_category={category}"] if category else []
        return f"/{'/'.join(parts)}/" if parts else ""

    def covers(self, partition: Partition) -> bool:
        """Return whether the environment and the category are selected."""
        selection = self.selection
        return selection.analytics_environment in {
            None,
            partition.analytics_environment,
        } and selection.event_category in {None, partition.event_category}


def list_stored(inventory: Inventory, data_type: str, scope: Scope) -> Iterator[StoredObject]:
    """Yield the objects of the selected environment and category, by name, whenever received.

    Raises TransientError.
    """
    environment = scope.selection.analytics_environment
    category = scope.selection.event_category
    prefixes = {prefix_of(data_type, environment, category)}
    if environment is None and category is not None:  # past all other categories
        prefixes = {
            prefix_of(data_type, day.analytics_environment, category)
            for day in inventory.days(data_type, event_category=category)
        }
    for prefix in sorted(prefixes):
        yield from inventory.objects(prefix)
