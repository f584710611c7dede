"""Forms of managers of accounts. What lies beyond the reach of who asks is no choice here, and refused again below."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.api import ACTIONS, ROLES, UNIT_KINDS
from opencmc.apps.accounts import machines
from opencmc.base.errors import Refused

#: Up to so many units a list is shown; beyond, one types a name and picks.
LISTED = 40
COUNTY = ("county", "", "")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _date_field(label: str, *, required: bool, help_text: str = "") -> forms.DateField:
    wrong = {"invalid": _("这不是日期；请写成 2025-03-08 这样的年-月-日"), "required": _("请填写日期")}
    return forms.DateField(
        label=label, required=required, help_text=help_text, input_formats=["%Y-%m-%d"], widget=DateInput(),
        error_messages=wrong,
    )  # fmt: skip


class UnitField(forms.CharField):
    """A unit by its name, as typed or picked. The value is (unit kind, id); the empty text is the county."""

    def __init__(self, units: list[tuple[str, str, str]], **named) -> None:
        self.units = units
        super().__init__(max_length=260, error_messages={"required": _("请选择单位")}, **named)
        if len(units) <= LISTED:
            choices = [("", _("—— 请选择 ——")), *((name, name) for name in self.labels())]
            self.widget = forms.Select(choices=choices)
        else:
            self.widget = forms.TextInput(attrs={"list": "units", "autocomplete": "off"})

    def labels(self) -> list[str]:
        """Names as one picks them; a name that stands twice carries its id."""
        names = [name for _kind, _id, name in self.units]
        return [f"{name}（{unit}）" if names.count(name) > 1 else name for _kind, unit, name in self.units]

    def clean(self, value: str) -> tuple[str, str]:
        text = (super().clean(value) or "").strip()
        if not text:
            return ("county", "")
        for label, (kind, unit_id, _name) in zip(self.labels(), self.units, strict=True):
            if text in (label, unit_id):
                return kind, unit_id
        near = [label for label in self.labels() if text in label][:5]
        hint = _("您是说：%(near)s？") % {"near": "、".join(near)} if near else _("请从列表中选一个")
        raise forms.ValidationError(_("没有“%(text)s”这个单位，或不在您的管理范围内。%(hint)s"),
                                    params={"text": text[:40], "hint": hint})  # fmt: skip


class PostForm(forms.Form):
    """A post: role, unit, from, until."""

    def __init__(self, *args, roles: list[tuple[str, str]], units: list[tuple[str, str, str]], today: date, **named):
        super().__init__(*args, auto_id="%s", **named)
        self.fields["role"] = forms.ChoiceField(
            label=_("角色"), choices=[("", _("—— 请选择 ——")), *roles],
            error_messages={"required": _("请选择角色"), "invalid_choice": _("您不能授予这个角色")},
        )  # fmt: skip
        county = any("county" in ROLES[role].held_at for role, _label in roles)
        hint = _("输入名称的几个字再选；县级部门的角色不填") if county else ""
        self.fields["unit"] = UnitField(units, label=_("单位"), help_text=hint, required=not county)
        self.fields["start"] = _date_field(_("起"), required=True)
        self.fields["end"] = _date_field(_("止"), required=False, help_text=_("当天起不再任职；不定期的留空"))
        self.initial.setdefault("start", today)

    @property
    def unit_labels(self) -> list[str]:
        field = self.fields["unit"]
        return field.labels() if len(field.units) > LISTED else []

    def wanted(self) -> dict:
        """The post as ``managing`` takes it."""
        unit_kind, unit_id = self.cleaned_data["unit"]
        return {
            "role": self.cleaned_data["role"],
            "unit_kind": unit_kind,
            "unit_id": unit_id,
            "start": self.cleaned_data["start"],
            "end": self.cleaned_data["end"],
        }

    def refuse(self, refused: Refused) -> None:
        """Put a refusal at its field, or at the head of the form."""
        field = refused.rule if refused.rule in self.fields else None
        text = refused.sentence + "。" + (refused.possible_when + "。" if refused.possible_when else "")
        self.add_error(field, text)


class AccountForm(PostForm):
    """A new account with its first post."""

    def __init__(self, *args, **named) -> None:
        super().__init__(*args, **named)
        self.fields["name"] = forms.CharField(
            label=_("姓名"), max_length=40, error_messages={"required": _("请填写姓名")},
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )  # fmt: skip
        self.fields["username"] = forms.CharField(
            label=_("用户名"), max_length=60, help_text=_("登录时用，可用汉字、字母、数字；以后不改"),
            error_messages={"required": _("请填写用户名")},
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        )  # fmt: skip
        self.order_fields(["name", "username", "role", "unit", "start", "end"])


class ServiceForm(PostForm):
    """Another system: its role is chosen before, so that only that role's actions are offered."""

    def __init__(self, *args, role: str, **named) -> None:
        super().__init__(*args, roles=[(role, str(ROLES[role].label))], **named)
        del self.fields["start"], self.fields["end"], self.fields["role"]
        self.role = role
        self.fields["name"] = forms.CharField(
            label=_("名称"), max_length=80, help_text=_("哪个系统，例如 县第一医院 HIS"),
            error_messages={"required": _("请填写名称")},
        )  # fmt: skip
        self.fields["slug"] = forms.CharField(
            label=_("标识"), max_length=40, help_text=_("审计记录里的名字，小写字母、数字和连字符，例如 first-his"),
            error_messages={"required": _("请填写标识")},
        )  # fmt: skip
        if "county" in ROLES[role].held_at:
            del self.fields["unit"]
        else:
            kinds = "、".join(str(UNIT_KINDS[kind]) for kind in ROLES[role].held_at)
            self.fields["unit"].help_text = _("可选：%(kinds)s") % {"kinds": kinds}
        self.fields["expires"] = _date_field(_("到期"), required=True, help_text=_("最长一年，到期前可以再延"))
        self.fields["actions"] = actions_field(role)
        self.order_fields(["name", "slug", "unit", "expires", "actions"])

    def wanted(self) -> dict:
        unit_kind, unit_id = self.cleaned_data.get("unit", ("county", ""))
        return {"role": self.role, "unit_kind": unit_kind, "unit_id": unit_id} | {
            name: self.cleaned_data[name] for name in ("name", "slug", "expires", "actions")
        }


def actions_field(role: str) -> forms.MultipleChoiceField:
    """The actions of ``role`` that a machine may be allowed."""
    return forms.MultipleChoiceField(
        label=_("允许的操作"),
        choices=[(name, str(ACTIONS[name].label)) for name in machines.actions_of(role)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少勾选一项")},
    )
