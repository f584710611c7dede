"""The door of the network slice."""

from opencmc.apps.network.actions import publish_network
from opencmc.apps.network.queries import (
    attached_to,
    communities_of,
    community_names,
    demonstration_units,
    institutions_of,
    institutions_within,
    list_places,
    list_units,
    unit_names,
)

__all__ = [
    "attached_to",
    "communities_of",
    "community_names",
    "demonstration_units",
    "institutions_of",
    "institutions_within",
    "list_places",
    "list_units",
    "publish_network",
    "unit_names",
]
