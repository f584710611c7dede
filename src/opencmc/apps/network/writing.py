"""How the network's rows are written: into the pages' database, with the same rows as a load that the lake still gets.

Both stand or fall together with the audit line. ``exporting`` brings the loads to the lake; nothing is lost between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, models
from django.db.models import F
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.network.constraints import broken
from opencmc.apps.network.models import Attachment, Institution, Membership, NetworkVersion, PendingLoad
from opencmc.apps.network.rows import KINDS, AttachmentRow, InstitutionRow, MembershipRow, Moved, Row, Rows, plain
from opencmc.base.errors import Refused

MODELS: dict[str, type[models.Model]] = {
    "institution": Institution,
    "attachment": Attachment,
    "membership": Membership,
}


def lock_network() -> None:
    """Inside a transaction: whoever else would write the network waits until this one has ended. What is read after it
    is what the write will meet."""
    if not NetworkVersion.objects.select_for_update().filter(id=1).exists():
        NetworkVersion.objects.get_or_create(id=1, defaults={"token": "new"})


def _values(model: type[models.Model], row_class: type) -> list[str]:
    return [each.name for each in fields(row_class)]


def read_rows() -> Rows:
    """All rows of the network as the database has them."""
    made = Rows()
    for table, row_class in KINDS.items():
        names = _values(MODELS[table], row_class)
        for values in MODELS[table].objects.values_list(*names):
            made.put(row_class(*values))
    return made


def write_moved(moved: Sequence[Moved]) -> None:
    """Write rows as they are to be. Raises :class:`Refused` when that would make something double."""
    try:
        _write_institutions([each for each in moved if each.table == "institution"])
        for table, row_class in (("attachment", AttachmentRow), ("membership", MembershipRow)):
            model = MODELS[table]
            of_table = [each for each in moved if each.table == table]
            # First all that goes or changes, then what comes: on the way nothing is ever double.
            for each in of_table:
                if each.before is not None:
                    model.objects.filter(**dict(zip(_key(row_class), each.before.key, strict=True))).delete()
            model.objects.bulk_create(
                [model(**asdict(each.after)) for each in of_table if each.after is not None and not each.after.empty],
                batch_size=500,
            )
    except IntegrityError as error:
        raise double(error) from error


def _key(row_class: type) -> tuple[str, ...]:
    return ("institution_id", "start") if row_class is AttachmentRow else ("community_id", "institution_id", "start")


def _write_institutions(moved: Sequence[Moved]) -> None:
    """Institutions are never deleted: one that is taken back has a period without a day."""
    new = []
    for each in moved:
        row = each.after or (each.before.withdrawn() if each.before else None)
        assert isinstance(row, InstitutionRow)
        values = {k: v for k, v in asdict(row).items() if k != "institution_id"}
        found = Institution.objects.filter(pk=row.institution_id) if each.before is not None else None
        if found is not None and found.update(**values, version=F("version") + 1):
            continue
        new.append(Institution(institution_id=row.institution_id, **values))
    if new:
        Institution.objects.bulk_create(
            new,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["institution_id"],
            update_fields=[name for name in _values(Institution, InstitutionRow) if name != "institution_id"],
        )


_SENTENCES = {
    "membership_overlaps": ("一家机构在同一个共同体里，同一天只能有一个角色", "先结束原来的角色，再给新的"),
    "one_general_community": ("一家机构同一天只能属于一个综合医共体", "用“转入另一个医共体”：原来的关系到那一天为止"),
    "one_lead": ("一个共同体同一天只能有一家牵头机构", "用“更换牵头机构”：原牵头机构同日改作成员或退出"),
    "attachment_overlaps": ("一家机构同一天只能附属于一家机构", "先到那一天为止解除原来的附属，再改附"),
}


def double(error: IntegrityError) -> Refused:
    """What the database would not have double, as a refusal; an unknown fault stays as it is."""
    name = broken(error)
    if not name:
        raise error
    sentence, possible = _SENTENCES[name]
    return Refused(_(sentence), rule=_("数据库约束：%(name)s") % {"name": name}, possible_when=_(possible))


def queue(moved: Iterable[Moved], actor: Actor) -> None:
    """Note the rows for the lake, one load a table; what is gone is noted as a row that holds on no day.

    ``set`` names the columns that were changed: should the lake have got other rows in the meantime, only these are
    laid over them.
    """
    of_table: dict[str, list[dict[str, Any]]] = {}
    for each in moved:
        before, after = each.before, each.after
        row: Row | None = after if after is not None else before.withdrawn() if before else None
        if row is None:
            continue
        old = plain(before) if before else {}
        new = plain(row)
        changed = [name for name, value in new.items() if name not in old or old[name] != value]
        of_table.setdefault(each.table, []).append({"row": new, "set": changed})
    for table in KINDS:
        if rows := of_table.get(table):
            PendingLoad.objects.create(
                change=uuid4().hex, table=table, rows=rows, made_at=actor.at, made_by=actor.holder.username[:150]
            )


def write_network(moved: Sequence[Moved], actor: Actor) -> None:
    """Write and queue; to be called inside an audited block after :func:`lock_network`."""
    write_moved(moved)
    queue(moved, actor)
