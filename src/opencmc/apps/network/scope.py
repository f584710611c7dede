"""Whether a right reaches this institution or that community today; asked again inside every write."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, Holder, Level, may, require, rule_of
from opencmc.apps.network.models import Institution
from opencmc.apps.network.snapshot import communities_of, institutions_within
from opencmc.base.errors import Refused


def day_of(actor: Actor) -> date:
    """The county's day at the moment of the actor (in a demonstration the last day of its data)."""
    return actor.today


def reaches_institution(holder: Holder, action: str, institution_id: str, day: date) -> bool:
    if not may(holder, action):
        return False
    ids = institutions_within(require(holder, action), day)
    return ids is None or institution_id in ids


def reaches_community(holder: Holder, action: str, community_id: str, day: date) -> bool:
    """A community is reached from the county, and from a post at it or at one of its own institutions."""
    if not may(holder, action):
        return False
    found = require(holder, action)
    if found.level is Level.COUNTY:
        return True
    if not community_id or found.level is Level.OWN:
        return False
    if found.unit_kind == "community":
        return found.unit_id == community_id
    return community_id in communities_of(found.unit_id, day)


def require_institution(actor: Actor, action: str, institution_id: str) -> Institution:
    """The institution, or :class:`Refused`: no such right, none such, or out of reach."""
    require(actor.holder, action)
    found = Institution.objects.filter(pk=institution_id).first()
    if found is None:
        raise Refused(
            _("没有编号为“%(id)s”的机构") % {"id": institution_id[:60]},
            possible_when=_("从网络页或机构列表打开一家机构。"),
        )
    if not reaches_institution(actor.holder, action, institution_id, day_of(actor)):
        raise Refused(
            _("%(name)s不在您的范围内") % {"name": found.name},
            rule=rule_of(action),
            possible_when=_("请由这家机构、它的医共体或县卫健局来做。"),
        )
    return found


def require_community(actor: Actor, action: str, community_id: str) -> None:
    """Nothing, or :class:`Refused`. "" stands for the whole county."""
    require(actor.holder, action)
    if not reaches_community(actor.holder, action, community_id, day_of(actor)):
        raise Refused(
            _("这个共同体不在您的范围内") if community_id else _("这是全县的事"),
            rule=rule_of(action),
            possible_when=_("请由这个共同体的牵头医院或县卫健局来做。"),
        )
