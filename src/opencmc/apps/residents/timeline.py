"""The lake's events in words: what, where, how much. Only the events of a shown page are put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.residents.code_names import diagnosis_name, procedure_name
from opencmc.apps.residents.record_contracts import TimelineEvent
from opencmc.apps.residents.words import PROGRAMMES
from opencmc.base.money import format_yuan
from opencmc.facts.histories import Event, History
from opencmc.facts.tables import TABLES

#: The groups of the filter chips, in this order.
KINDS = {
    "visit": gettext_lazy("门急诊"), "stay": gettext_lazy("住院"), "follow_up": gettext_lazy("随访"),
    "contract": gettext_lazy("签约服务"), "enrolment": gettext_lazy("健康管理"), "referral": gettext_lazy("转诊"),
    "order": gettext_lazy("检查检验"), "infection": gettext_lazy("传染病"), "work": gettext_lazy("待办办理"),
    "change": gettext_lazy("信息修改"),
}  # fmt: skip
_GROUP = {"service_due": "contract", "service_done": "contract"}


def kind_of(event: Event) -> str:
    return _GROUP.get(event.table, event.table)


def shown_events(history: History) -> list[Event]:
    """Those that a timeline shows: a service that was due and is done is one event, not two."""
    done = {event["service_id"] for event in history.of("service_done")}
    return [event for event in history.events if event.table != "service_due" or event["service_id"] not in done]


def fold_key(event: Event) -> str:
    """Small visits for the same thing are folded into one line; "" for what always stands alone."""
    if event.table != "visit" or event["kind"] == "emergency":
        return ""
    return f"{event['kind']}:{event['diagnosis'] or ''}"


@dataclass(frozen=True, slots=True)
class Words:
    """Puts events into words: ``units`` are the names of institutions by id, ``today`` decides what is overdue."""

    units: Mapping[str, str]
    today: date

    def event(self, event: Event) -> TimelineEvent:
        return _TELL[event.table](self, event)

    def where(self, institution_id: Any) -> str:
        if not institution_id:
            return ""
        return self.units.get(institution_id) or _("%(id)s（未收录机构）") % {"id": institution_id}

    def _made(
        self, event: Event, title: str, *, text: str = "", where: str | None = None, **more: Any
    ) -> TimelineEvent:
        kind = kind_of(event)
        return TimelineEvent(
            day=event.date, kind=kind, kind_label=str(KINDS[kind]), title=title, text=text,
            where=self.where(event.institution_id) if where is None else where, same_as=f"{event.table}:{event.key}",
            **more,
        )  # fmt: skip

    def visit(self, event: Event) -> TimelineEvent:
        title = diagnosis_name(event["diagnosis"]) or coded("visit", "kind", event["kind"])
        what = coded("visit", "kind", event["kind"]) + (f" · {_('中医')}" if event["is_tcm"] else "")
        return self._made(event, title, text=f"{what} · {money(event)}")

    def stay(self, event: Event) -> TimelineEvent:
        codes = event["diagnoses"] or ()
        names = [diagnosis_name(code) for code in codes]
        days = (event.until - event.date).days if event.until else None
        parts = [_("住院 %(n)s 天") % {"n": max(1, days)} if days is not None else _("在院")]
        if names[1:]:
            parts.append(_("另有 %(names)s") % {"names": "、".join(names[1:])})
        if event["procedures"]:
            parts.append(_("手术操作 %(names)s") % {"names": "、".join(map(procedure_name, event["procedures"]))})
        if event["discharge_way"] and event["discharge_way"] != "1":
            parts.append(coded("stay", "discharge_way", event["discharge_way"]))
        if event["outflow"] and event["outflow"] != "none":
            parts.append(_("县外住院：%(why)s") % {"why": coded("stay", "outflow", event["outflow"])})
        parts.append(money(event))
        return self._made(
            event, names[0] if names else _("诊断未填"), text=" · ".join(filter(None, parts)), ends=event.until
        )

    def referral(self, event: Event) -> TimelineEvent:
        state = str(event["state"])
        way = f"{self.where(event['from_id'])} → {self.where(event['to_id'])}"
        dates = [
            f"{label} {event[name]}"
            for name, label in (("accepted", _("接收")), ("arrived", _("到诊")), ("closed", _("结束")))
            if event[name]
        ]
        tone = "bad" if state in ("refused", "withdrawn") else "good" if state in ("closed", "returned") else "active"
        title = coded("referral", "direction", event["direction"]) + (f"：{event['reason']}" if event["reason"] else "")
        return self._made(
            event, title, text=" · ".join(dates), where=way, tone=tone, word=coded("referral", "state", state)
        )

    def order(self, event: Event) -> TimelineEvent:
        centre = coded("order", "centre", event["centre"])
        title = str(event["kind"] or centre)
        parts = [centre if event["kind"] else "", _("结果互认，未重复检查") if event["recognised"] else ""]
        if event["fee_fen"] is not None:
            parts.append(_("%(yuan)s 元") % {"yuan": format_yuan(event["fee_fen"])})
        word, tone = (_("已出报告"), "good") if event["reported"] else (_("等报告"), "active")
        where = f"{self.where(event['from_id'])} → {self.where(event['to_id'])}"
        return self._made(
            event, title, text=" · ".join(filter(None, parts)), where=where, tone=tone, word=word, ends=event.until
        )

    def infection(self, event: Event) -> TimelineEvent:
        parts = [coded("infection", "result", event["result"])] + [
            f"{label} {event[name]}"
            for name, label in (("onset", _("发病")), ("diagnosed_at", _("诊断")))
            if event[name]
        ]
        return self._made(
            event, _("传染病报告卡：%(disease)s") % {"disease": event["disease"]}, text=" · ".join(filter(None, parts))
        )

    def follow_up(self, event: Event) -> TimelineEvent:
        outcome = str(event["outcome"] or "")
        tones = {"controlled": "good", "uncontrolled": "due", "referred": "bad", "lost": "none"}
        return self._made(
            event, _("%(programme)s随访") % {"programme": programme_name(event["programme"])}, text=measured(event),
            tone=tones.get(outcome, ""), word=coded("follow_up", "outcome", outcome),
        )  # fmt: skip

    def service_done(self, event: Event) -> TimelineEvent:
        return self._made(event, str(event["item"]), tone="good", word=_("已做"))

    def service_due(self, event: Event) -> TimelineEvent:
        late = event.date < self.today
        return self._made(
            event, str(event["item"]), text=_("签约服务应做日期"), where="", tone="bad" if late else "due",
            word=_("应做未做") if late else _("将到期"),
        )  # fmt: skip

    def enrolment(self, event: Event) -> TimelineEvent:
        title = _("纳入%(programme)s健康管理") % {"programme": programme_name(event["programme"])}
        text = _("%(day)s 结束管理") % {"day": event.until} if event.until else ""
        return self._made(event, title, text=text, ends=event.until)

    def contract(self, event: Event) -> TimelineEvent:
        held = event.until is None or event.until > self.today
        text = " · ".join(filter(None, [event["team"], event["package"], _until(event.until)]))
        return self._made(
            event, _("签订家庭医生服务"), text=text, tone="active" if held else "none",
            word=_("有效") if held else _("已到期"), ends=event.until,
        )  # fmt: skip


_TELL: dict[str, Callable[[Words, Event], TimelineEvent]] = {
    "visit": Words.visit, "stay": Words.stay, "referral": Words.referral, "order": Words.order,
    "infection": Words.infection, "follow_up": Words.follow_up, "service_done": Words.service_done,
    "service_due": Words.service_due, "enrolment": Words.enrolment, "contract": Words.contract,
}  # fmt: skip


def coded(table: str, column: str, code: Any) -> str:
    """The label of a code as its table declares it; the code and that it has none otherwise."""
    if not code:
        return ""
    label = (TABLES[table].columns[column].one_of or {}).get(str(code))
    return _(label) if label else _("%(code)s（未收录名称）") % {"code": code}


def programme_name(programme: Any) -> str:
    return str(PROGRAMMES.get(str(programme)) or _("%(code)s（未收录名称）") % {"code": programme})


def measured(event: Event) -> str:
    """128/80 mmHg · 空腹血糖 6.5 mmol/L; "" when nothing was measured."""
    parts = []
    if event["systolic"] is not None or event["diastolic"] is not None:
        high, low = (value if value is not None else "—" for value in (event["systolic"], event["diastolic"]))
        parts.append(_("血压 %(high)s/%(low)s mmHg") % {"high": high, "low": low})
    if event["glucose_tenth"] is not None:
        parts.append(_("空腹血糖 %(value)s mmol/L") % {"value": tenths(event["glucose_tenth"])})
    return " · ".join(parts)


def tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"


def money(event: Event) -> str:
    """总费用 119.87 元，个人 79.12 元; says so where the amount is not known."""
    total, own = event["total_fen"], event["own_fen"]
    if total is None:
        return _("费用不详")
    text = _("费用 %(total)s 元") % {"total": format_yuan(total)}
    return text + (_("，个人 %(own)s 元") % {"own": format_yuan(own)} if own is not None else "")


def _until(day: date | None) -> str:
    return _("到 %(day)s 前") % {"day": day} if day else ""
