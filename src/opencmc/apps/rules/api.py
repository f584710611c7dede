"""The door of the rules slice."""

from opencmc.apps.rules.actions import use_pack
from opencmc.apps.rules.finding import find_rules
from opencmc.apps.rules.queries import lineage_labels, list_pack_ids, pack_by_id, pack_in_use

__all__ = ["find_rules", "lineage_labels", "list_pack_ids", "pack_by_id", "pack_in_use", "use_pack"]
