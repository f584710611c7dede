"""The one way to one person's record: in reach, or by an open emergency access; and a line in the audit either way."""

from __future__ import annotations

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may, require, rule_of
from opencmc.apps.accounts.api import has_broken_glass
from opencmc.apps.audit.api import audited, record
from opencmc.apps.residents.contracts import Identifiers
from opencmc.apps.residents.lines import within
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, MOTHER_ID, PHONE, sealer
from opencmc.base.errors import Refused

#: What an emergency access lets one do.
_IN_EMERGENCY = {"residents.view", "residents.reveal"}


def access_resident(
    actor: Actor, resident_id: str, *, action: str = "residents.view", object_: str = "", audit: bool = True
) -> Resident:
    """The resident, if ``action`` reaches them or the glass was broken for them. Leaves a line (``audit=False``: the caller
    leaves it, in the same transaction as its write). Refused in the same words whether there is no such person or not for
    this reader, and that leaves a line as well."""
    found = require(actor.holder, action)
    resident_id = resident_id.replace("\x00", "")[:60]  # no engine but one keeps that byte in a text
    resident = Resident.objects.filter(within(found, actor.today), pk=resident_id).first()
    reason = ""
    if resident is None and action in _IN_EMERGENCY and has_broken_glass(actor, resident_id):
        resident, reason = Resident.objects.filter(pk=resident_id).first(), "break_glass"
    if resident is None:
        record(actor, "residents.refused", object_=action, resident_id=resident_id[:60])
        raise not_there(actor)
    if audit:
        record(actor, action, object_=object_, resident_id=resident.pk, reason=reason)
    return resident


def not_there(actor: Actor) -> Refused:
    way = _("责任机构、签约机构，或一段时间内诊治过的机构可以查看。")
    if may(actor.holder, "break_glass.open"):
        way += _("急需时，请用完整证件号查到此人，再按“申请紧急查看”。")
    return Refused(_("没有这位居民，或不在您的范围内"), rule=rule_of("residents.view"), possible_when=way)


def reveal(actor: Actor, resident_id: str) -> Identifiers:
    """All identifiers in full, once, with a line that says so."""
    with audited(actor) as trail:
        resident = access_resident(actor, resident_id, action="residents.reveal", audit=False)
        trail.add("residents.reveal", object_="id_number, phone, card", resident_id=resident.pk)
        keys = sealer()
        return Identifiers(
            keys.open(ID_NUMBER, resident.pk, resident.id_sealed),
            keys.open(PHONE, resident.pk, resident.phone_sealed),
            keys.open(CARD, resident.pk, resident.card_sealed),
            keys.open(MOTHER_ID, resident.pk, resident.mother_sealed),
        )
