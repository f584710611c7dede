"""Writes of notices."""

from __future__ import annotations

from opencmc.apps.access.api import ROLES, Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.notices.models import Notice, NoticeRead
from opencmc.apps.notices.queries import addressed_to


def notify(
    actor: Actor, *, text: str, href: str = "", to_username: str = "", to_role: str = "", unit_id: str = ""
) -> None:
    """Tell one person, or whoever holds ``to_role`` at ``unit_id`` ("" = everywhere).

    Call it inside the audited block of its cause: the notice stands or falls with it, and its line joins that block's.
    ``href`` is an address of this installation ("/tasks/…"). Any other is a fault.
    """
    if bool(to_username) == bool(to_role) or (to_role and to_role not in ROLES):
        raise ValueError("a notice goes to one person or to one role")
    if href and not (href.startswith("/") and not href.startswith("//")):
        raise ValueError(f"a notice leads to a page of this installation, not to {href}")
    with audited(actor) as trail:
        Notice.objects.create(
            to_username=to_username, to_role=to_role, unit_id=unit_id if to_role else "", text=text[:300], href=href,
            at=actor.at, sent_by=actor.holder.username,
        )  # fmt: skip
        trail.add("notify", object_=to_username or f"{to_role}@{unit_id}")


def mark_read(actor: Actor, notice_ids: list[int] | None = None) -> int:
    """Mark these notices read (``None``: all that are addressed to the reader). Those of others are left alone; doing
    it again changes nothing. Returns how many were new."""
    require(actor.holder, "notices.view")
    mine = addressed_to(actor.holder)
    if notice_ids is not None:
        mine = mine.filter(pk__in=notice_ids)
    new = list(mine.exclude(reads__username=actor.holder.username).values_list("pk", flat=True))
    if not new:
        return 0
    with audited(actor) as trail:
        NoticeRead.objects.bulk_create(
            [NoticeRead(notice_id=pk, username=actor.holder.username, at=actor.at) for pk in new],
            ignore_conflicts=True,
        )
        trail.add("notices.read", object_=f"{len(new)}")
    return len(new)
