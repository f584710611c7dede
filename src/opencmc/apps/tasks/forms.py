"""The forms of a task. What was typed is kept; an error stands at its field."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from opencmc.apps.tasks.contracts import TaskLine
from opencmc.apps.tasks.kinds import measures_of, outcomes_of
from opencmc.apps.tasks.measuring import check_together, read_value

DAY = {"invalid": _("请写成 2025-03-08 这样的年-月-日。")}


def _day_input(**more: str) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **more}, format="%Y-%m-%d")


class FinishForm(forms.Form):
    """Values of the programme (asked when the outcome is measured), day, note, next day; the outcome is the button."""

    outcome = forms.CharField(required=False, widget=forms.HiddenInput)
    done_on = forms.DateField(label=_("完成日期"), widget=_day_input(), error_messages=DAY)
    note = forms.CharField(label=_("备注"), required=False, max_length=400)
    next_due = forms.DateField(
        label=_("下次日期"), required=False, widget=_day_input(), error_messages=DAY, help_text=_("留空则按间隔推算")
    )

    def __init__(self, task: TaskLine, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task, self.measures = task, measures_of(task.kind, task.item)
        self.fields["done_on"].initial = today
        if task.kind != "follow_up":
            del self.fields["next_due"]
        for measure in self.measures:
            field = forms.CharField(label=measure.label, required=False, max_length=20)
            field.unit, field.conditional = measure.unit, True
            field.widget.attrs |= {
                "inputmode": "decimal" if measure.tenths else "numeric", "autocomplete": "off",
                "placeholder": measure.bounds, "data-low": measure.text(measure.low), "data-high": measure.text(measure.high),
            }  # fmt: skip
            self.fields[measure.name] = field
        self.order_fields([m.name for m in self.measures])

    @property
    def measure_fields(self) -> list[forms.BoundField]:
        return [self[m.name] for m in self.measures]

    @property
    def outcomes(self) -> tuple:
        return outcomes_of(self.task.kind, self.task.item)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        chosen = next((o for o in self.outcomes if o.id == data.get("outcome")), None)
        values: dict[str, int] = {}
        for measure in self.measures:
            typed = (data.get(measure.name) or "").strip()
            if not typed:
                if chosen is not None and chosen.measured:
                    self.add_error(
                        measure.name, _("请填%(what)s；没有测量的，请选“失访”或改期。") % {"what": measure.label}
                    )
                continue
            try:
                values[measure.name] = read_value(measure, typed)
            except ValueError as problem:
                self.add_error(measure.name, str(problem))
        for name, problem in check_together(values).items():
            self.add_error(name, problem)
        data["values"] = values
        return data


class PostponeForm(forms.Form):
    due = forms.DateField(label=_("改到哪一天"), widget=_day_input(), error_messages=DAY)
    reason = forms.CharField(label=_("理由"), max_length=200)


class HandOverForm(forms.Form):
    institution_id = forms.ChoiceField(label=_("转给哪家机构"))
    reason = forms.CharField(label=_("理由"), max_length=200)

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution_id"].choices = choices


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=200)
