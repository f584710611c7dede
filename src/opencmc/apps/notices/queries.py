"""Reads of notices. Who may read one is part of every query."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.notices.contracts import NoticeLine
from opencmc.apps.notices.models import Notice, NoticeRead


def addressed_to(holder: Holder) -> QuerySet[Notice]:
    """The notices for this person, and for the post in which they work now."""
    mine = Q(to_username=holder.username)
    if holder.role:
        mine |= Q(to_role=holder.role, unit_id__in=["", holder.unit_id] if holder.unit_id else [""])
    return Notice.objects.filter(mine)


def unread_count(actor: Actor) -> int:
    """How many are new; one indexed query, for the bell of every page."""
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), username=actor.holder.username)
    return addressed_to(actor.holder).filter(~Exists(read)).count()


def notices_of(actor: Actor) -> QuerySet[Notice]:
    """The newest first, each with ``read_at``."""
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), username=actor.holder.username).values("at")[:1]
    return addressed_to(actor.holder).annotate(read_at=Subquery(read)).order_by("-id")


def lines(rows: QuerySet[Notice]) -> list[NoticeLine]:
    return [NoticeLine(row.pk, row.text, row.href, row.at, row.read_at) for row in rows]
