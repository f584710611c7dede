"""What a reader of the audit may look for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.api import PURPOSES, ROLES
from opencmc.apps.audit.labels import action_choices, unit_names
from opencmc.apps.audit.queries import Filters

#: Days looked back when nothing is asked that an index leads to.
LOOK_BACK = 31


class _Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"})


class LinesForm(forms.Form):
    """Filters of the lines. Every field may stay empty."""

    actor = forms.CharField(label=_("操作人（用户名）"), required=False, max_length=150)
    resident = forms.CharField(label=_("居民编号"), required=False, max_length=60)
    unit = forms.CharField(
        label=_("机构或单位"), required=False, max_length=80, widget=forms.TextInput(attrs={"list": "unit-names"})
    )
    action = forms.ChoiceField(label=_("操作"), required=False)
    role = forms.ChoiceField(label=_("角色"), required=False)
    purpose = forms.ChoiceField(label=_("目的"), required=False)
    since = _Day(label=_("从"), required=False)
    until = _Day(label=_("到"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = unit_names()
        everything = [("", _("全部"))]
        self.fields["action"].choices = everything + action_choices()
        self.fields["role"].choices = everything + [(role.id, role.label) for role in ROLES.values()]
        self.fields["purpose"].choices = everything + list(PURPOSES.items())

    def clean_unit(self) -> str:
        """The ``kind:id`` of what was typed: a name, or the id itself."""
        typed = self.cleaned_data["unit"].strip()
        if not typed or typed in self.names:
            return typed
        found = [unit for unit, name in self.names.items() if typed in (name, unit.partition(":")[2])]
        if not found:
            raise forms.ValidationError(
                _("没有叫“%(typed)s”的机构或单位，请从列出的名称中选择。"), params={"typed": typed}
            )
        return found[0]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("应不早于“从”的那一天。"))
        return self.cleaned_data

    def filters(self, today: date) -> tuple[Filters, bool]:
        """What was asked, and whether it was bounded to the last days because nothing else bounds it."""
        asked = self.cleaned_data
        leads = asked["actor"] or asked["resident"] or asked["unit"] or asked["action"] or asked["since"]
        bounded = bool((asked["role"] or asked["purpose"]) and not leads)
        since = asked["since"] or (today - timedelta(days=LOOK_BACK) if bounded else None)
        return Filters(
            actor=asked["actor"].strip(), role=asked["role"], unit=asked["unit"], action=asked["action"],
            resident_id=asked["resident"].strip(), purpose=asked["purpose"],
            since=_begin(since), until=_begin(asked["until"] and asked["until"] + timedelta(days=1)),
        ), bounded  # fmt: skip

    def kept(self) -> str:
        """The query of an address that asks the same."""
        return urlencode({name: value for name, value in self.data.items() if value and name in self.fields})

    def said(self) -> str:
        """What was asked, for the line that the look itself leaves."""
        return " ".join(f"{name}={value}" for name, value in self.data.items() if value and name in self.fields)[:400]


def _begin(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
