"""The one search box: every kind of what is typed, within the reader's reach, and audited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import record
from opencmc.apps.network.api import institutions_within
from opencmc.apps.residents.contracts import SearchResult
from opencmc.apps.residents.key_scan import cared_for, found_by_keys
from opencmc.apps.residents.lines import in_reach, lines
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.readings import ANY, clean_name
from opencmc.apps.residents.sealed_fields import normal_card, normal_id, normal_phone
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, PHONE, sealer
from opencmc.apps.residents.search_keys import CARD_TAIL, GIVEN, ID_TAIL, INITIALS, NAME, PHONE_TAIL
from opencmc.apps.residents.typed import Typed, recognise

#: More than this are not counted: the page says "300 以上" and asks for more letters.
CAP = 300
#: Tails of five and more characters are found by their last four, and checked by opening at most so many numbers.
_CHECKED = 4_000
#: Kinds that may find somebody out of reach.
_WHOLE = {"id", "number", "phone_name"}


def search(actor: Actor, text: str, *, page: int = 1, size: int = 20) -> SearchResult:
    """One page of the residents that ``text`` finds within the holder's reach of ``residents.search``.

    A whole identifier (ID number, card, paper, or telephone with the name) also finds a person out of reach, masked. What
    was typed is not written into the audit: only as what it was read, and how many it found.
    """
    found = require(actor.holder, "residents.search")
    page, size = max(1, min(page, CAP)), max(1, min(size, 100))
    typed = recognise(text)
    if typed.kind in {"empty", "unclear"}:
        return SearchResult((), 0, True, 1, typed.kind, _problem(typed.kind), size)
    institutions = institutions_within(found, actor.today)
    ids = _ids(typed, institutions, actor.today)
    exact = len(ids) <= CAP
    ids = ids[:CAP]
    shown = ids[(page - 1) * size : page * size]
    rows = _rows(actor, shown, whole=typed.kind in _WHOLE)
    record(actor, "residents.search", object_=typed.kind, reason=f"{len(ids)}" + ("" if exact else "+"))
    return SearchResult(tuple(rows), len(ids), exact, page, typed.kind, "" if ids else _nothing(typed), size)


def _rows(actor: Actor, ids: Sequence[str], *, whole: bool) -> list:
    """Only a whole identifier finds people out of reach; all others are known to be in it."""
    there = Resident.objects.in_bulk(ids)
    seen = in_reach(actor, ids, "residents.search") if whole else None
    return lines(actor, (there[i] for i in ids if i in there), seen)


def _ids(typed: Typed, institutions: Collection[str] | None, day: date) -> list[str]:
    """Ids in the order in which they are shown, at most one more than the cap."""
    keys = sealer()
    match typed.kind:
        case "id":
            return _whole(Q(id_index=keys.index(ID_NUMBER, normal_id(typed.value))))
        case "number":
            return _by_number(typed.value, institutions, day)
        case "phone":
            return _phones(normal_phone(typed.value), institutions, day)
        case "phone_name":
            return _phone_and_name(typed, institutions, day)
        case "tail":
            return _tails(typed.value, institutions, day)
        case "initials":
            return _initials(typed.value, institutions, day)
        case _:
            return _names(typed.value, institutions, day)


def _whole(condition: Q) -> list[str]:
    """Everybody with this identifier, in reach or not; an entry that was merged gives the one into which it went."""
    rows = Resident.objects.filter(condition).order_by("pk").values_list("pk", "merged_into_id")[: CAP + 1]
    return list(dict.fromkeys(merged or pk for pk, merged in rows))


def _by_number(value: str, institutions: Collection[str] | None, day: date) -> list[str]:
    """A card or another paper finds anybody; a resident number, which can be counted through, only who is in reach."""
    keys = sealer()
    found = _kept(_whole(Q(pk=value)), institutions, day)
    found += _whole(Q(card_index=keys.index(CARD, normal_card(value))))
    found += _whole(Q(id_index=keys.index(ID_NUMBER, normal_id(value))))
    return list(dict.fromkeys(found))


def _phones(phone: str, institutions: Collection[str] | None, day: date) -> list[str]:
    found = _whole(Q(phone_index=sealer().index(PHONE, phone)))
    return _kept(found, institutions, day)


def _phone_and_name(typed: Typed, institutions: Collection[str] | None, day: date) -> list[str]:
    found = Resident.objects.filter(phone_index=sealer().index(PHONE, typed.value)).order_by("pk")
    return [row.merged_into_id or row.pk for row in found[:CAP] if clean_name(row.name) == typed.name]


def _names(name: str, institutions: Collection[str] | None, day: date) -> list[str]:
    """Whole names first, then those that begin so, then given names; of one character only a whole given name."""
    text = name.encode()
    if len(name) < 2:
        return found_by_keys([_from(NAME + text)], [GIVEN + text], institutions, day, CAP)
    return found_by_keys([_from(NAME + text), _from(GIVEN + text)], [], institutions, day, CAP)


def _initials(letters: str, institutions: Collection[str] | None, day: date) -> list[str]:
    # A character without a known reading stands as * and is matched by any letter.
    unread = {letters[:at] + ANY + letters[at + 1 :] for at in range(len(letters))} if len(letters) < 8 else set()
    exact = [INITIALS + key.encode() for key in sorted(unread)]
    return found_by_keys([_from(INITIALS + letters.encode())], exact, institutions, day, CAP)


def _from(prefix: bytes) -> tuple[bytes, bytes]:
    """All keys that begin so: no text in UTF-8 holds the byte 255."""
    return prefix, prefix + b"\xff"


def _tails(value: str, institutions: Collection[str] | None, day: date) -> list[str]:
    keys = sealer()
    wanted = [ID_TAIL + keys.tail(ID_NUMBER, value[-6:] if len(value) >= 6 else value[-4:])]
    if value.isdigit():
        wanted.append(PHONE_TAIL + keys.tail(PHONE, value[-4:]))
    if len(value) >= 6:
        wanted.append(CARD_TAIL + keys.tail(CARD, value[-6:]))
    found = found_by_keys([], wanted, institutions, day, _CHECKED)
    if len(value) not in {4, 6} or (len(value) == 6 and value.isdigit()):
        found = _ending(found, value)
    return found[: CAP + 1]


def _ending(ids: Sequence[str], value: str) -> list[str]:
    """Those of ``ids`` of whom a number really ends so."""
    keys = sealer()
    rows = Resident.objects.filter(pk__in=ids).values_list("pk", "id_sealed", "phone_sealed", "card_sealed")
    kept = {
        pk
        for pk, *sealed in rows
        if any(keys.open(f, pk, s).endswith(value) for f, s in zip((ID_NUMBER, PHONE, CARD), sealed, strict=True) if s)
    }
    return [pk for pk in ids if pk in kept]


def _kept(ids: Sequence[str], institutions: Collection[str] | None, day: date) -> list[str]:
    seen = set(ids) if institutions is None else cared_for(ids, institutions, day)
    return [pk for pk in ids if pk in seen]


def _problem(kind: str) -> str:
    if kind == "empty":
        return _("请输入姓名、姓名拼音首字母、证件号或末 4–6 位、电话或末 4 位、健康卡号。")
    return _("看不懂输入的内容。可以输入：姓名（张三）、拼音首字母（zs）、证件号或末 4–6 位、电话或末 4 位、健康卡号。")


def _nothing(typed: Typed) -> str:
    if typed.kind in {"id", "number"}:
        return _("没有找到。请核对号码；如确无此人，可以新建居民。")
    if typed.kind == "phone":
        return _("您的范围内没有使用这个电话的居民。要查找范围外的居民，请输入完整证件号，或“电话 姓名”。")
    return _("您的范围内没有找到。可以少输入几个字，或改用证件号末 4–6 位；要查找范围外的居民，请输入完整证件号。")
