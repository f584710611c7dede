"""The tables of the network slice."""

from opencmc.apps.network.models.exchange import ImportDraft, NetworkVersion, PendingLoad, UnpublishedRow
from opencmc.apps.network.models.governance import Decision, GovernanceBody, PublicHealthPost, PublicHealthRecord
from opencmc.apps.network.models.institutions import (
    Attachment,
    Institution,
    InstitutionName,
    InstitutionService,
    Membership,
    Township,
)
from opencmc.apps.network.models.reorganisations import Change, Reorganisation
from opencmc.apps.network.models.standards import AdoptedStandard, StandardAnswer

__all__ = [
    "AdoptedStandard",
    "Attachment",
    "Change",
    "Decision",
    "GovernanceBody",
    "ImportDraft",
    "Institution",
    "InstitutionName",
    "InstitutionService",
    "Membership",
    "NetworkVersion",
    "PendingLoad",
    "PublicHealthPost",
    "PublicHealthRecord",
    "Reorganisation",
    "StandardAnswer",
    "Township",
    "UnpublishedRow",
]
