"""The door of the network slice."""

from opencmc.apps.network.exporting import export_pending
from opencmc.apps.network.importing import apply_import, compare_import, read_import
from opencmc.apps.network.loading_packs import load_pack_network
from opencmc.apps.network.publishing import publish_network
from opencmc.apps.network.queries import (
    community_names,
    demonstration_units,
    list_places,
    list_units,
    members_on,
    unit_names,
)
from opencmc.apps.network.reorganising import changes_of, find_reorganisation
from opencmc.apps.network.snapshot import (
    attached_to,
    communities_of,
    institutions_of,
    institutions_within,
    network_version,
)
from opencmc.apps.network.touched import Touched, report_touched
from opencmc.apps.network.waiting import work_of
from opencmc.apps.network.workbook_out import network_workbook

__all__ = [
    "Touched",
    "apply_import",
    "attached_to",
    "changes_of",
    "communities_of",
    "community_names",
    "compare_import",
    "demonstration_units",
    "export_pending",
    "find_reorganisation",
    "institutions_of",
    "institutions_within",
    "list_places",
    "list_units",
    "load_pack_network",
    "members_on",
    "network_version",
    "network_workbook",
    "publish_network",
    "read_import",
    "report_touched",
    "unit_names",
    "work_of",
]
