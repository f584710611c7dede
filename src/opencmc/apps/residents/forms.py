"""The form by which a resident is registered or changed. Whole identifiers are never put into a page: left empty they stay."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.network.api import list_places, list_units
from opencmc.apps.residents.checks import ENTERED, LENGTHS
from opencmc.apps.residents.lines import places_by_code
from opencmc.apps.residents.masking import mask_id, mask_phone
from opencmc.apps.residents.words import FIELDS, ID_TYPES, INSURANCE, SEXES
from opencmc.apps.residents.writing import SEALED

#: Typed into an identifier's field it takes the identifier away.
NOTHING = "无"


class ResidentForm(forms.Form):
    """Every field is text; what it may hold is decided by ``checks``, alike for forms, files and the interface."""

    name = forms.CharField(
        label=FIELDS["name"],
        max_length=LENGTHS["name"] * 4,
        help_text=gettext_lazy("生僻字照证件输入；新生儿未取名写“母亲姓名之子”或“母亲姓名之女”"),
        error_messages={"required": gettext_lazy("请填姓名；新生儿未取名的可以写“母亲姓名之子”或“母亲姓名之女”")},
    )
    id_type = forms.ChoiceField(label=FIELDS["id_type"], choices=list(ID_TYPES.items()))
    id_number = forms.CharField(label=FIELDS["id_number"], max_length=60, required=False,
                                help_text=gettext_lazy("18 位或旧式 15 位，末位 x 大小写都可以；性别与出生日期可由它得出"))  # fmt: skip
    no_id_reason = forms.CharField(label=FIELDS["no_id_reason"], max_length=800, required=False,
                                   help_text=gettext_lazy("只在选“没有证件”时填写，例如：新生儿未上户口"))  # fmt: skip
    mother_id = forms.CharField(label=FIELDS["mother_id"], max_length=60, required=False,
                                help_text=gettext_lazy("新生儿填写，用来与母亲的档案相连"))  # fmt: skip
    sex = forms.ChoiceField(
        label=FIELDS["sex"], choices=[("", gettext_lazy("由证件得出")), *SEXES.items()], required=False
    )
    birth_date = forms.CharField(label=FIELDS["birth_date"], max_length=30, required=False,
                                 help_text=gettext_lazy("年-月-日，例如 1958-03-08；有身份证的可不填"))  # fmt: skip
    birth_is_estimated = forms.BooleanField(label=FIELDS["birth_is_estimated"], required=False)
    phone = forms.CharField(label=FIELDS["phone"], max_length=40, required=False)
    card = forms.CharField(label=FIELDS["card"], max_length=80, required=False)
    place = forms.ChoiceField(label=gettext_lazy("现住村（社区）"), required=False)
    address = forms.CharField(label=FIELDS["address"], max_length=800, required=False)
    insurance_type = forms.ChoiceField(label=FIELDS["insurance_type"], choices=[("", gettext_lazy("不清楚")), *INSURANCE.items()],
                                       required=False)  # fmt: skip
    institution_id = forms.ChoiceField(label=FIELDS["institution_id"], required=False,
                                       help_text=gettext_lazy("不选时按住址确定"))  # fmt: skip
    team = forms.CharField(label=FIELDS["team"], max_length=400, required=False)
    death_date = forms.CharField(label=FIELDS["death_date"], max_length=30, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    confirm_duplicate = forms.BooleanField(label=gettext_lazy("上面的人都不是，仍要登记"), required=False)
    duplicate_reason = forms.CharField(label=gettext_lazy("为什么不是同一人"), max_length=200, required=False)

    def __init__(self, data=None, *, now: Mapping[str, str] | None = None, asks: bool = False, initial=None) -> None:
        super().__init__(data, initial=initial)
        self._now = now
        self.fields["place"].choices = _place_choices(now)
        self.fields["institution_id"].choices = _institution_choices(now)
        if not asks:
            del self.fields["confirm_duplicate"], self.fields["duplicate_reason"]
        if now is None:
            del self.fields["version"]
            del self.fields["death_date"]
            return
        for name in SEALED:
            held = now.get(name, "")
            if held:
                shown = mask_phone(held) if name == "phone" else mask_id(held)
                self.fields[name].help_text = _("现在是 %(shown)s；不改请留空，要删去请填“%(nothing)s”") % {
                    "shown": shown, "nothing": NOTHING,
                }  # fmt: skip
        self.fields["id_number"].widget.attrs["autocomplete"] = "off"

    def values(self) -> dict[str, str]:
        """The fields as text. Identifiers left empty are left out when there is something to keep."""
        given = self.cleaned_data
        found = {name: given[name] for name in ENTERED if name in given and name != "birth_is_estimated"}
        found["birth_is_estimated"] = "1" if given.get("birth_is_estimated") else ""
        place = given.get("place", "")
        found |= {"township": place[:9], "village": place if len(place) == 12 else ""}
        for name in SEALED:
            if self._now is not None and not found.get(name):
                found.pop(name, None)
            elif found.get(name) == NOTHING:
                found[name] = ""
        if given.get("confirm_duplicate"):
            found |= {"confirm_duplicate": "1", "duplicate_reason": given.get("duplicate_reason", "")}
        return found


def initial_of(now: Mapping[str, str], version: int) -> dict[str, object]:
    """What the form shows of a resident: everything but the identifiers."""
    shown = {name: value for name, value in now.items() if name not in SEALED}
    return {**shown, "place": now["village"] or now["township"], "version": version,
            "birth_is_estimated": bool(now["birth_is_estimated"])}  # fmt: skip


def _place_choices(now: Mapping[str, str] | None) -> list:
    townships, names = list_places(), places_by_code()
    villages = sorted(code for code in names if len(code) == 12)
    groups = [("", _("不清楚，或不在本县"))]
    known = set(villages) | set(townships)
    held = (now or {}).get("village") or (now or {}).get("township") or ""
    if held and held not in known:
        groups.append((held, names.get(held[:9], "") + held))
    for code, township in townships.items():
        inside = [(village, names[village]) for village in villages if village.startswith(code)]
        groups.append((township.name, [(code, _("%(township)s（村不清楚）") % {"township": township.name}), *inside]))
    return groups


def _institution_choices(now: Mapping[str, str] | None) -> list:
    units = list_units(tiers=("county", "township", "village"))
    townships = list_places()
    found: dict[str, list[tuple[str, str]]] = {}
    for unit in units.values():
        place = townships.get(unit.township)
        found.setdefault(place.name if place else _("其他"), []).append((unit.institution_id, unit.name))
    held = (now or {}).get("institution_id", "")
    return [("", _("按住址确定")), *([(held, held)] if held and held not in units else []), *found.items()]
