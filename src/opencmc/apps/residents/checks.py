"""What may stand in a field of a resident: form, plausibility, and whether the fields agree with each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date

from django.utils.translation import gettext as _

from opencmc.apps.residents.sealed_fields import normal_card, normal_id, normal_phone
from opencmc.apps.residents.words import ID_TYPES, INSURANCE, SEXES
from opencmc.base.identifiers import CitizenId

#: Older than anybody on record.
OLDEST = 125
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{9,11}|[2-9][0-9]{6,7}|\+[0-9]{6,15}")
_CARD = re.compile(r"[0-9A-Z]{6,64}")
_PAPER = re.compile(r"[0-9A-Z]{5,30}")
_PERMIT = re.compile(r"8[123]0000[0-9]{11}[0-9X]")
#: Names that say that there is none.
_NO_NAME = {"无名", "无名氏", "未知", "不详", "不明", "某某", "未取名"}
LENGTHS = {"name": 50, "address": 200, "team": 100, "no_id_reason": 200}
#: What a form or a file may say of a resident.
ENTERED = (
    "name", "sex", "birth_date", "birth_is_estimated", "death_date", "id_type", "id_number", "no_id_reason", "phone",
    "card", "mother_id", "township", "village", "address", "institution_id", "team", "insurance_type",
)  # fmt: skip

Fields = dict[str, str]
Errors = dict[str, str]


def check_fields(
    given: Mapping[str, str], *, today: date, now: Mapping[str, str] | None = None
) -> tuple[Fields, Errors]:
    """``given`` in normal form, and what is wrong by field. With ``now`` (the values as they stand) only what differs is
    judged: an odd value from an old register does not hinder mending another field."""
    fields = {name: _plain(given[name]) for name in ENTERED if name in given}
    errors: Errors = {}
    for name, normal in (
        ("id_number", normal_id),
        ("mother_id", normal_id),
        ("phone", normal_phone),
        ("card", normal_card),
    ):
        if name in fields:
            fields[name] = normal(fields[name])
    whole = {**(now or {}), **fields}
    touched = {name for name, value in fields.items() if now is None or now.get(name, "") != value}
    for name, limit in LENGTHS.items():
        if len(fields.get(name, "")) > limit:
            errors[name] = _("最多 %(limit)d 个字，现在有 %(n)d 个字") % {"limit": limit, "n": len(fields[name])}
    _codes(fields, touched, errors)
    _dates(fields, whole, touched, today, errors)
    _identifiers(whole, touched, errors)
    _agreement(fields, whole, touched, errors)
    _order(whole, touched, errors)
    if "name" in touched and "name" not in errors and (problem := _name(whole)):
        errors["name"] = problem
    return fields, errors


def _plain(text: str) -> str:
    """NFC keeps rare characters as they are; blanks at the ends and control characters go."""
    text = unicodedata.normalize("NFC", str(text or ""))
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}).strip()


def _codes(fields: Fields, touched: Collection[str], errors: Errors) -> None:
    for name, codes in (("sex", {"": "", **SEXES}), ("insurance_type", {"": "", **INSURANCE}), ("id_type", ID_TYPES)):
        if name in touched and fields[name] not in codes:
            known = "、".join(str(label) for label in codes.values() if label)
            errors[name] = _("填的是“%(read)s”；请选：%(known)s") % {"read": fields[name][:20], "known": known}


def _dates(fields: Fields, whole: Fields, touched: Collection[str], today: date, errors: Errors) -> None:
    for name in ("birth_date", "death_date"):
        if name not in touched or not fields[name]:
            continue
        found = read_date(fields[name])
        if found is None:
            errors[name] = _("“%(read)s”不是日期；请写成 2025-03-08 这样的年-月-日") % {"read": fields[name][:20]}
            continue
        fields[name] = whole[name] = found.isoformat()
        if found > today:
            errors[name] = _("%(day)s 在今天之后，请核对") % {"day": found}
        elif found.year < today.year - OLDEST:
            errors[name] = _("%(day)s 距今超过 %(years)d 年，请核对年份") % {"day": found, "years": OLDEST}


def _order(whole: Fields, touched: Collection[str], errors: Errors) -> None:
    birth, death = whole.get("birth_date", ""), whole.get("death_date", "")
    if (
        not birth
        or not death
        or {"birth_date", "death_date"} & set(errors)
        or not {"birth_date", "death_date", "id_number"} & set(touched)
    ):
        return
    if death < birth:
        errors["death_date"] = _("死亡日期 %(death)s 早于出生日期 %(birth)s，请核对") % {"death": death, "birth": birth}


def read_date(text: str) -> date | None:
    """2025-03-08, 2025/3/8, 2025年3月8日, 20250308; ``None`` for anything else."""
    found = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", text.strip())
    parts = found.groups() if found else (text[:4], text[4:6], text[6:]) if re.fullmatch(r"[0-9]{8}", text) else None
    if parts is None:
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def _identifiers(whole: Fields, touched: Collection[str], errors: Errors) -> None:
    kind, number = whole.get("id_type", ""), whole.get("id_number", "")
    if {"id_type", "id_number", "no_id_reason"} & set(touched):
        if kind == "none":
            if number:
                errors["id_number"] = _("证件类型选的是“没有证件”，却填了号码：请改证件类型，或清空号码")
            elif len(whole.get("no_id_reason", "")) < 2:
                errors["no_id_reason"] = _("没有证件时请写明缘由，例如：新生儿未上户口、流浪救助、证件遗失待补")
        elif not number:
            errors["id_number"] = _("请填证件号码；确实没有的，证件类型请选“没有证件”并写明缘由")
        elif problem := _paper(kind, number):
            errors["id_number"] = problem
    if "mother_id" in touched and whole["mother_id"] and (problem := _paper("citizen_id", whole["mother_id"])):
        errors["mother_id"] = problem
    if (
        "phone" in touched
        and whole["phone"]
        and not (_MOBILE.fullmatch(whole["phone"]) or _LANDLINE.fullmatch(whole["phone"]))
    ):
        errors["phone"] = _("应为 11 位手机号，或带区号的座机号；现在读到 %(n)d 个字符") % {"n": len(whole["phone"])}
    if "card" in touched and whole["card"] and not _CARD.fullmatch(whole["card"]):
        errors["card"] = _("健康卡号应为 6 到 64 位数字或字母")


def _paper(kind: str, number: str) -> str:
    """What is wrong with a number, never the number itself."""
    if kind == "citizen_id":
        try:
            CitizenId.parse(number)
        except ValueError as error:
            return _("%(fault)s，请对照证件核对") % {"fault": str(error)}
        return ""
    if kind == "permit":
        return (
            "" if _PERMIT.fullmatch(number) else _("港澳台居民居住证号码应为 18 位，以 810000、820000 或 830000 开头")
        )
    return "" if _PAPER.fullmatch(number) else _("证件号码应为 5 到 30 位数字或字母")


def _agreement(fields: Fields, whole: Fields, touched: Collection[str], errors: Errors) -> None:
    """Sex and date of birth agree with the ID number; left empty they are taken from it."""
    if whole.get("id_type") == "citizen_id" and whole.get("id_number") and "id_number" not in errors:
        try:
            document = CitizenId.parse(whole["id_number"])
        except ValueError:  # an old number that nobody touched
            document = None
        if document and {"id_number", "birth_date", "sex", "id_type"} & set(touched):
            if not whole.get("birth_date"):
                fields["birth_date"] = whole["birth_date"] = document.birth_date.isoformat()
            elif "birth_date" not in errors and whole["birth_date"] != document.birth_date.isoformat():
                errors["birth_date"] = _("与证件号码不一致：证件上是 %(id)s，这里填的是 %(read)s") % {
                    "id": document.birth_date, "read": whole["birth_date"],
                }  # fmt: skip
            if whole.get("sex", "0") in {"", "0", "9"}:
                fields["sex"] = whole["sex"] = document.sex
                errors.pop("sex", None)
            elif "sex" not in errors and whole["sex"] != document.sex:
                errors["sex"] = _("与证件号码不一致：证件号码第 17 位表示%(sex)s") % {"sex": SEXES[document.sex]}
    # A wrong number says all that is to be said: the date would have come from it.
    if (
        not whole.get("birth_date")
        and not {"birth_date", "id_number"} & set(errors)
        and (not fields or "birth_date" in fields or touched)
    ):
        errors["birth_date"] = _("请填出生日期；不知道的填估计的日期，并勾选“估计”")
    if fields.get("sex") == "":
        fields["sex"] = whole["sex"] = "0"
    village, township = whole.get("village", ""), whole.get("township", "")
    if {"village", "township"} & set(touched) and village and township and not village.startswith(township):
        errors["village"] = _("这个村不属于所选的乡镇，请重选")


def _name(whole: Fields) -> str:
    name = whole.get("name", "")
    if not name:
        return _("请填姓名；新生儿未取名的可以写“母亲姓名之子”或“母亲姓名之女”")
    odd = [c for c in name if not (unicodedata.category(c).startswith(("L", "M", "Co")) or c in "·•・.' -〇")]
    if odd:
        return _("姓名里不应有“%(odd)s”，请核对") % {"odd": "".join(dict.fromkeys(odd))[:5]}
    if name in _NO_NAME and whole.get("id_type") != "none":
        return _("有证件的人请按证件填写姓名；身份不明的，证件类型请选“没有证件”")
    return ""
