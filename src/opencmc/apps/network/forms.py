"""Forms of the network. Errors say what was read and what is expected; an institution is named by its name or number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.network.models import Decision, GovernanceBody, Institution, Township
from opencmc.apps.network.models.governance import BODY_KINDS, OUTCOMES, POST_KINDS, RECORD_KINDS
from opencmc.apps.network.models.institutions import NAME_KINDS, SERVICE_KINDS
from opencmc.apps.network.models.standards import RESULTS
from opencmc.apps.network.names import ATTACHMENT_KINDS, COMMUNITY_KINDS, INSTITUTION_KINDS, MEMBERSHIP_ROLES, TIERS
from opencmc.apps.network.queries import community_names
from opencmc.apps.network.rearranging import CHANGE_KINDS

_CODE = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,59}"


class DayField(forms.DateField):
    """A day; an error repeats what was read."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    input_formats = ["%Y-%m-%d"]

    def to_python(self, value: Any) -> date | None:
        try:
            found = super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(
                _("读到“%(read)s”，应为日历上有的日期，写作 2025-03-08") % {"read": str(value)[:20]}
            ) from None
        if found is not None and not 1900 <= found.year <= 2099:
            raise forms.ValidationError(_("读到 %(read)s，应在 1900–2099 年之内") % {"read": found})
        return found


class InstitutionField(forms.CharField):
    """The id of an institution, given as its number, its name, or 名称（编号） from the list of suggestions."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=300, **kwargs)
        self.widget.attrs |= {"list": "institutions", "autocomplete": "off"}

    def clean(self, value: Any) -> str:
        return self._id(super().clean(value))

    def _id(self, text: str) -> str:
        if not text:
            return ""
        inside = text[text.rindex("（") + 1 : -1] if text.endswith("）") and "（" in text else text
        found = Institution.objects.filter(pk=inside).first()
        if found is None:
            alike = list(Institution.objects.filter(name=text)[:2]) or list(
                Institution.objects.filter(short_name=text)[:2]
            )
            if len(alike) > 1:
                raise forms.ValidationError(_("有不止一家叫“%(text)s”，请写编号") % {"text": text})
            found = alike[0] if alike else None
        if found is None:
            raise forms.ValidationError(_("没有叫“%(text)s”的机构，应为列表中的名称或编号") % {"text": text[:60]})
        return found.pk

    def prepare_value(self, value: Any) -> Any:
        found = Institution.objects.filter(pk=value).first() if value else None
        return f"{found.name}（{found.pk}）" if found else value


class InstitutionsField(InstitutionField):
    """Several institutions, one on each line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> list[str]:
        text = forms.CharField.clean(self, value)
        return [self._id(line.strip()) for line in text.splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


def _choices(values: Mapping[str, Any], empty: bool = False) -> list[tuple[str, Any]]:
    return ([("", "—")] if empty else []) + list(values.items())


class DraftForm(forms.Form):
    """What a reorganisation is called, from when it holds, on what it rests."""

    title = forms.CharField(label=gettext_lazy("题目"), max_length=200)
    effective = DayField(
        label=gettext_lazy("生效日"), help_text=gettext_lazy("从这一天起按新的网络；可以是将来的一天。")
    )
    decision = forms.ModelChoiceField(
        label=gettext_lazy("依据的治理决定"), queryset=Decision.objects.none(), required=False,
        help_text=gettext_lazy("生效前必须选一项；没有的话先到“治理决定”里记下。"),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("说明"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].queryset = Decision.objects.select_related("body")


class ChangeForm(forms.Form):
    """The fields of one kind of change; ``day`` is the draft's effective day, for the choice of communities."""

    def __init__(self, *args: Any, kind: str, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        communities = community_names(day) | {}
        for name in CHANGE_KINDS[kind].fields:
            self.fields[name] = self._field(kind, name, communities)

    def _field(self, kind: str, name: str, communities: Mapping[str, str]) -> forms.Field:
        match name:
            case "institution":
                labels = {"lead": _("新的牵头机构"), "found": _("牵头机构"), "split": _("牵头机构")}
                return InstitutionField(label=labels.get(kind, _("机构")))
            case "to_institution":
                return InstitutionField(label=_("附属于"))
            case "institutions":
                return InstitutionsField(
                    label=_("一起分出的成员"), required=False, help_text=_("一行一家，写名称或编号。")
                )
            case "community" | "to_community":
                label = (
                    _("转入")
                    if name == "to_community"
                    else _("原共同体")
                    if kind in ("move", "split", "merge")
                    else _("共同体")
                )
                return forms.ChoiceField(label=label, choices=_choices(communities, empty=True))
            case "role":
                return forms.ChoiceField(label=_("角色"), choices=_choices(MEMBERSHIP_ROLES), initial="member")
            case "former_lead":
                choices = {"member": _("改作成员"), "leave": _("退出共同体")}
                return forms.ChoiceField(label=_("原牵头机构"), choices=_choices(choices))
            case "attached":
                choices = {"follow": _("一起"), "stay": _("留下")}
                return forms.ChoiceField(label=_("附属于它的机构"), choices=_choices(choices), initial="follow")
            case "new_community" | "new_institution":
                label = _("新共同体的编号") if name == "new_community" else _("新机构的编号")
                return forms.RegexField(
                    _CODE, label=label, error_messages={"invalid": _("编号只用英文字母、数字、点、下划线和连字符")}
                )
            case "community_kind":
                return forms.ChoiceField(label=_("类别"), choices=_choices(COMMUNITY_KINDS))
            case "attachment_kind":
                return forms.ChoiceField(label=_("附属方式"), choices=_choices(ATTACHMENT_KINDS))
            case "tier":
                return forms.ChoiceField(label=_("层级"), choices=_choices(TIERS), initial="township")
            case "kind":
                return forms.ChoiceField(label=_("类别"), choices=_choices(INSTITUTION_KINDS))
            case "township":
                return forms.ChoiceField(label=_("所在乡镇"), choices=_townships(), required=False)
            case "open_beds":
                return forms.IntegerField(label=_("开放床位"), min_value=0, max_value=20_000, required=False)
            case "short_name":
                return forms.CharField(label=_("简称"), max_length=100, required=False)
        return forms.CharField(label=_("名称"), max_length=200)


def _townships() -> list[tuple[str, str]]:
    return [("", "—"), *Township.objects.order_by("code").values_list("code", "name")]


class InstitutionForm(forms.Form):
    """What may be corrected without a reorganisation."""

    name = forms.CharField(label=gettext_lazy("机构名称（第一名称）"), max_length=200)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=100, required=False)
    tier = forms.ChoiceField(label=gettext_lazy("层级"), choices=_choices(TIERS))
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=_choices(INSTITUTION_KINDS))
    township = forms.ChoiceField(label=gettext_lazy("所在乡镇"), required=False)
    open_beds = forms.IntegerField(label=gettext_lazy("开放床位"), min_value=0, max_value=20_000, required=False)
    opened = DayField(label=gettext_lazy("开业日期"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.initial.get("township", "")
        choices = _townships()
        if held and held not in dict(choices):
            choices.append((held, held))
        self.fields["township"].choices = choices


class NameForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=_choices(NAME_KINDS), initial="plate")
    text = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    start = DayField(label=gettext_lazy("从何日起"))
    decision = forms.ModelChoiceField(
        label=gettext_lazy("依据的治理决定"), queryset=Decision.objects.none(), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].queryset = Decision.objects.all()


class ServiceForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=_choices(SERVICE_KINDS))
    code = forms.RegexField(
        r"[A-Za-z0-9_.\-]{1,60}", label=gettext_lazy("编号"),
        help_text=gettext_lazy("科室与功能区如 mch、general_practice、tcm_hall、specialty_area；病种写 ICD-10 编码。"),
        error_messages={"invalid": gettext_lazy("编号只用英文字母、数字、点、下划线和连字符")},
    )  # fmt: skip
    label = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    start = DayField(label=gettext_lazy("从何日起"))


class AnswerForm(forms.Form):
    pack = forms.CharField(widget=forms.HiddenInput)
    entry_id = forms.CharField(widget=forms.HiddenInput)
    item = forms.CharField(widget=forms.HiddenInput)
    result = forms.ChoiceField(label=gettext_lazy("结果"), choices=_choices(RESULTS))
    since = DayField(label=gettext_lazy("自何日"))
    evidence = forms.CharField(label=gettext_lazy("佐证"), max_length=400, required=False)


class BodyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=_choices(BODY_KINDS))
    community = forms.ChoiceField(label=gettext_lazy("属于哪个共同体"), required=False)
    start = DayField(label=gettext_lazy("成立日期"))

    def __init__(self, *args: Any, communities: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = [("", _("全县")), *communities.items()]


class DecisionForm(forms.Form):
    body = forms.ModelChoiceField(label=gettext_lazy("治理机构"), queryset=GovernanceBody.objects.none())
    decided_on = DayField(label=gettext_lazy("决定日期"))
    title = forms.CharField(label=gettext_lazy("题目"), max_length=200)
    document_number = forms.CharField(label=gettext_lazy("文号"), max_length=100, required=False)
    text = forms.CharField(label=gettext_lazy("决定内容"), widget=forms.Textarea(attrs={"rows": 8}), max_length=20_000)

    def __init__(self, *args: Any, bodies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].queryset = bodies


class PostForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("职务"), choices=_choices(POST_KINDS))
    institution = InstitutionField(
        label=gettext_lazy("派驻到"), help_text=gettext_lazy("专员到牵头医院，联络员到成员单位。")
    )
    person = forms.CharField(label=gettext_lazy("人员"), max_length=100, help_text=gettext_lazy("由县里给出的姓名。"))
    username = forms.CharField(label=gettext_lazy("账号"), max_length=150, required=False)
    from_unit = forms.CharField(label=gettext_lazy("派出单位"), max_length=200, required=False)
    start = DayField(label=gettext_lazy("从何日起"))


class RecordForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("做了什么"), choices=_choices(RECORD_KINDS))
    on = DayField(label=gettext_lazy("日期"))
    text = forms.CharField(label=gettext_lazy("内容"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000)
    outcome = forms.ChoiceField(label=gettext_lazy("结果"), choices=_choices(OUTCOMES), initial="none")
    outcome_text = forms.CharField(label=gettext_lazy("结果说明"), required=False, max_length=5000)


class EndForm(forms.Form):
    end = DayField(label=gettext_lazy("到何日为止（不含）"))


class WorkbookForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("工作簿"), help_text=gettext_lazy("以“导出”的 .xlsx 为底稿，每张表最多 50000 行。")
    )


def first_error(form: forms.Form) -> str:
    """The first error of a form in one sentence, with its field."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        return f"{label}：{errors[0]}" if label else str(errors[0])
    return ""


def suggestions() -> Sequence[tuple[str, str]]:
    """What the browser suggests for an institution: those above the villages first."""
    rows = Institution.objects.order_by("tier", "institution_id").values_list("institution_id", "name", "tier")
    return [(f"{name}（{i}）", tier) for i, name, tier in sorted(rows, key=lambda r: (r[2] == "village", r[0]))]
