"""The logical tables: the contract between the systems that a county has and everything that is computed.

Parquet or CSV with these columns is all that a county needs to bring in order to get figures. ``*_id`` are text,
dates are ISO, amounts are fen.
"""

from opencmc.facts.tables.care import Order, Referral, Stay, Visit
from opencmc.facts.tables.network import Assessment, Attachment, Equipment, Institution, Membership
from opencmc.facts.tables.people import Identity, Population, Resident
from opencmc.facts.tables.programmes import (
    Contract,
    DiseaseCount,
    Enrolment,
    FollowUp,
    Infection,
    ServiceDone,
    ServiceDue,
)
from opencmc.facts.tables.schema import Column, NotAbove, NotBefore, Table, Type
from opencmc.facts.tables.workforce import Ledger, Posting, Staff

TABLES: dict[str, type[Table]] = {
    table.table_name: table
    for table in (
        Institution,
        Membership,
        Attachment,
        Equipment,
        Assessment,
        Resident,
        Identity,
        Population,
        Visit,
        Stay,
        Referral,
        Order,
        Contract,
        ServiceDue,
        ServiceDone,
        Enrolment,
        FollowUp,
        Infection,
        DiseaseCount,
        Staff,
        Posting,
        Ledger,
    )
}

__all__ = ["TABLES", "Column", "NotAbove", "NotBefore", "Table", "Type"]
