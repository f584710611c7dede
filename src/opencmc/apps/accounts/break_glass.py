"""Breaking the glass: an emergency look beyond one's reach, with a reason, for some hours, reviewed by somebody else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may, require, rule_of
from opencmc.apps.accounts.contracts import EmergencyAccess
from opencmc.apps.accounts.models import BreakGlass
from opencmc.apps.accounts.names import folded
from opencmc.apps.audit.api import audited
from opencmc.apps.network.api import institutions_within
from opencmc.base.errors import Refused

#: Signs, blanks left out, that a reason has at least; two different ones in four do not make a sentence.
REASON = 6
_WORDS = re.compile(r"[^\W\d_]")


def parameter(entry_id: str, day: date) -> Any:
    """A value of the policy pack in use. ``settings.PACK_IN_USE`` names the function that finds the pack, since the slice
    of rules stands above this one. A pack in use that says nothing about it is a fault of the pack and is said so."""
    return import_string(settings.PACK_IN_USE)().value(entry_id, day)


def hours(day: date) -> int:
    """How long an emergency access stays open: ``access.break_glass_hours``."""
    return int(parameter("access.break_glass_hours", day))


def review_days(day: date) -> int:
    """Within how many days it is to be reviewed: ``access.break_glass_review_days``."""
    return int(parameter("access.break_glass_review_days", day))


def check_reason(reason: str) -> str:
    """The reason, blanks folded. Refused when it says nothing."""
    plain = folded(reason, 400)
    words = _WORDS.findall(plain)
    if len(words) < REASON or len(set(words)) < REASON // 2 + 1:
        raise Refused(
            _("请写明紧急查看的理由"),
            rule=rule_of("break_glass.open"),
            possible_when=_("写一句话说明病情与需要，例如：患者昏迷送来，需查用药与过敏史"),
        )
    return plain


def _open(actor: Actor, resident_id: str) -> QuerySet[BreakGlass]:
    """Bound to the person and the post in which it was opened."""
    holder = actor.holder
    return BreakGlass.objects.filter(
        holder=holder.username, role=holder.role, unit_kind=holder.unit_kind, unit_id=holder.unit_id,
        resident_id=resident_id, at__lte=actor.at, until__gt=actor.at,
    )  # fmt: skip


def _access(row: BreakGlass) -> EmergencyAccess:
    return EmergencyAccess(row.pk, row.resident_id, row.about, row.reason, row.at, row.until)


def open_break_glass(actor: Actor, resident_id: str, reason: str, about: str = "") -> EmergencyAccess:
    """Open one resident's record to ``actor`` for the hours of ``access.break_glass_hours``. ``about`` names the resident,
    masked, for the reviewer. Opened already: that access, not a longer one. Refused without the right or a reason."""
    require(actor.holder, "break_glass.open")
    if actor.holder.is_service or not resident_id or resident_id != folded(resident_id, 60):
        raise Refused(_("紧急查看要由本人针对一位居民打开"))
    plain = check_reason(reason)
    found = _open(actor, resident_id).first()
    if found:
        return _access(found)
    holder = actor.holder
    until = actor.at + timedelta(hours=hours(timezone.localdate(actor.at)))
    with audited(actor) as trail:
        row = BreakGlass.objects.create(
            resident_id=resident_id, about=folded(about, 80), holder=holder.username, holder_name=holder.name, role=holder.role,
            unit_kind=holder.unit_kind, unit_id=holder.unit_id, reason=plain, at=actor.at, until=until,
        )  # fmt: skip
        trail.add("break_glass.open", object_=f"until {until.isoformat()}", resident_id=resident_id, reason=plain)
    return _access(row)


def has_broken_glass(actor: Actor, resident_id: str) -> bool:
    """Whether ``actor`` has an open emergency access to this record, and still the right to have one."""
    return may(actor.holder, "break_glass.open") and _open(actor, resident_id).exists()


def own(actor: Actor) -> list[EmergencyAccess]:
    """What ``actor`` has open now."""
    rows = BreakGlass.objects.filter(holder=actor.holder.username, until__gt=actor.at)
    return [_access(row) for row in rows]


def within(actor: Actor) -> QuerySet[BreakGlass]:
    """Those that ``actor`` may review: opened by people of the institutions in reach, never by oneself."""
    found = require(actor.holder, "break_glass.review")
    rows = BreakGlass.objects.exclude(holder=actor.holder.username)
    institutions = institutions_within(found, timezone.localdate(actor.at))
    if institutions is not None:
        rows = rows.filter(unit_kind="institution", unit_id__in=institutions)
    return rows


@dataclass(frozen=True, slots=True)
class Open:
    """How many wait for a review, and how many for longer than they should."""

    count: int
    overdue: int


def waiting(actor: Actor) -> QuerySet[BreakGlass]:
    """Those without a review, the oldest first."""
    return within(actor).filter(outcome="").order_by("at", "id")


def count_waiting(actor: Actor) -> Open:
    limit = actor.at - timedelta(days=review_days(timezone.localdate(actor.at)))
    rows = waiting(actor)
    return Open(rows.count(), rows.filter(at__lt=limit).count())


def find(actor: Actor, reference: str) -> BreakGlass:
    """One in reach. Refused without telling whether there is such a one elsewhere."""
    row = within(actor).filter(pk=int(reference)).first() if reference.isdecimal() and len(reference) < 15 else None
    if row is None:
        raise Refused(_("没有这次紧急查看，或不在您的复核范围内"), rule=rule_of("break_glass.review"))
    return row


def review(actor: Actor, reference: str, *, outcome: str, note: str) -> BreakGlass:
    """Write the outcome once. Refused when somebody has reviewed it, or when "unjustified" comes without a note."""
    row = find(actor, reference)
    if outcome not in {"justified", "unjustified"}:
        raise Refused(_("请选择复核结论"), rule="outcome", possible_when=_("属实合理，或不合理"))
    note = folded(note, 400)
    if outcome == "unjustified" and len(note) < REASON:
        raise Refused(_("认为不合理时请写明说明"), rule="note", possible_when=_("写一句话：哪里不合理，怎样处理"))
    with audited(actor) as trail:
        written = BreakGlass.objects.filter(Q(pk=row.pk), outcome="").update(
            outcome=outcome, note=note, reviewed_by=actor.holder.username, reviewed_at=actor.at
        )
        if not written:
            raise Refused(_("这次紧急查看已由别人复核"), possible_when=_("请打开看结论"))
        trail.add("break_glass.review", object_=row.holder, resident_id=row.resident_id, reason=f"{outcome} {note}")
    row.refresh_from_db()
    return row
