"""The door of the rules slice."""

from opencmc.apps.rules.actions import use_pack
from opencmc.apps.rules.queries import lineage_labels, list_pack_ids, pack_by_id

__all__ = ["lineage_labels", "list_pack_ids", "pack_by_id", "use_pack"]
