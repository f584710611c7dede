"""Everything that a resident's page says, read once: who, warnings, problems, medicines, last values, work, timeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.access.api import Actor
from opencmc.apps.network.api import list_units, network_version
from opencmc.apps.residents import sensitive
from opencmc.apps.residents.beside import parts_of
from opencmc.apps.residents.folding import Entry, Timeline, entry, timeline
from opencmc.apps.residents.last_values import LastValue, last_values
from opencmc.apps.residents.models import MergeRecord, Resident, ResidentChange
from opencmc.apps.residents.record_contracts import RecordPart, TimelineEvent
from opencmc.apps.residents.timeline import KINDS, Words, fold_key, kind_of, programme_name, shown_events
from opencmc.apps.residents.words import FIELDS
from opencmc.apps.work import WorkItem
from opencmc.facts.histories import Event, Histories, History, Problem, open_contracts, problems, recent_stays

_CHRONIC = {
    "hypertension": gettext_lazy("高血压"), "diabetes": gettext_lazy("2型糖尿病"),
    "diabetes_type_1": gettext_lazy("1型糖尿病"), "ischaemic_heart_disease": gettext_lazy("缺血性心脏病"),
    "cerebrovascular_disease": gettext_lazy("脑血管病"), "copd": gettext_lazy("慢性阻塞性肺疾病"),
    "asthma": gettext_lazy("哮喘"), "chronic_kidney_disease": gettext_lazy("慢性肾脏病"),
    "chronic_viral_hepatitis": gettext_lazy("慢性病毒性肝炎"), "malignant_neoplasm": gettext_lazy("恶性肿瘤"),
    "tuberculosis": gettext_lazy("结核病"), "severe_mental_disorder": gettext_lazy("严重精神障碍"),
}  # fmt: skip
#: Programmes that are a stage of life and no problem.
_STAGES = {"elderly", "child", "maternal"}


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """A lasting disease: since when it is known, from what, and whether a programme looks after it."""

    label: str
    since: date
    managed: bool
    sources: str
    last: date
    where: str


@dataclass(frozen=True, slots=True)
class Held:
    """A contract that lasts."""

    institution: str
    team: str
    package: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Record:
    """A resident's page for one reader on one day. ``behind`` is how many loads the histories do not show yet."""

    history: History
    timeline: Timeline
    problems: tuple[ShownProblem, ...]
    values: tuple[LastValue, ...]
    warnings: tuple[str, ...]
    work: tuple[WorkItem, ...]
    contracts: tuple[Held, ...]
    programmes: tuple[str, ...]
    stays: int
    withheld: bool
    behind: int
    merged: tuple[MergeRecord, ...]


@lru_cache(maxsize=4)
def _histories(home: Path) -> Histories:
    return Histories(home)


def histories() -> Histories:
    """The histories of the installation's home, shared by all requests of a process."""
    return _histories(Path(settings.OPENCMC_HOME))


def names_of_units() -> Mapping[str, str]:
    """Institution → short name, kept for as long as the network does not change."""
    return _names_of_units(network_version())


@lru_cache(maxsize=4)
def _names_of_units(_version: str) -> Mapping[str, str]:
    return {unit.institution_id: unit.short_name for unit in list_units().values()}


def entries_of(resident: Resident) -> tuple[str, ...]:
    """All ids under which this person is known: the kept one first."""
    merged = Resident.objects.filter(merged_into=resident).order_by("pk").values_list("pk", flat=True)
    return (resident.pk, *merged)


def read_record(actor: Actor, resident: Resident, *, kind: str = "", page: int = 1) -> Record:
    """The page of ``resident``, which the reader may open; ``kind`` filters the timeline."""
    ids, reader = entries_of(resident), histories()
    history, withheld = sensitive.visible(actor, reader.of_many(ids))
    programmes, also = sensitive.programmes_seen(actor, _programmes(resident, history, actor.today), history)
    parts = parts_of(actor, ids)
    words = Words(names_of_units(), actor.today)
    values, alarms = last_values(history, actor.today)
    work = tuple(sorted((item for part in parts for item in part.work), key=lambda item: item.due or date.max))
    merged = tuple(MergeRecord.objects.filter(kept=resident, undone_at=None)) if len(ids) > 1 else ()
    return Record(
        history=history,
        timeline=timeline(
            _entries(history, words, parts, _changes(ids)), kind=kind if kind in KINDS else "", page=page
        ),
        problems=_problems(history, words, actor.today),
        values=values,
        warnings=(*alarms, *_overdue(work, actor.today)),
        work=work,
        contracts=tuple(_held(event, words) for event in open_contracts(history, actor.today)),
        programmes=tuple(programme_name(name) for name in programmes),
        stays=len(recent_stays(history, actor.today)),
        withheld=withheld or also,
        behind=reader.behind(),
        merged=merged,
    )


def _programmes(resident: Resident, history: History, today: date) -> list[str]:
    """Those of the entry, and those in which the history says that the person is enrolled today."""
    named = [name for name in resident.programmes.split("|") if name]
    enrolled = [
        str(event["programme"])
        for event in history.of("enrolment")
        if event.date <= today and (event.until is None or event.until > today)
    ]
    return list(dict.fromkeys([*named, *enrolled]))


def _overdue(work: Sequence[WorkItem], today: date) -> list[str]:
    late = [item for item in work if item.due and item.due < today]
    if not late:
        return []
    first = late[0]
    said = {"what": first.title, "n": (today - first.due).days if first.due else 0, "more": len(late) - 1}
    return [
        _("%(what)s逾期 %(n)s 天，另有 %(more)s 项逾期") % said if len(late) > 1 else _("%(what)s逾期 %(n)s 天") % said
    ]


def _problems(history: History, words: Words, today: date) -> tuple[ShownProblem, ...]:
    """Lasting diseases: those that a programme looks after first, then those that are most often written."""
    found = [
        each for each in problems(history, today) if each.name not in _STAGES and (each.enrolled or each.diagnosed)
    ]
    found.sort(key=lambda each: (not each.enrolled, -len(each.sources), each.since))
    return tuple(_problem(each, words) for each in found)


def _problem(problem: Problem, words: Words) -> ShownProblem:
    newest = problem.sources[0]
    counts = {
        _("诊断 %(n)s 次"): sum(event.table in ("visit", "stay") for event in problem.sources),
        _("健康管理 %(n)s 次"): sum(event.table == "enrolment" for event in problem.sources),
    }
    told = [label % {"n": n} for label, n in counts.items() if n]
    label = _CHRONIC.get(problem.name)
    return ShownProblem(
        str(label) if label else programme_name(problem.name), problem.since, problem.enrolled, "，".join(told),
        newest.date, words.where(newest.institution_id),
    )  # fmt: skip


def _held(event: Event, words: Words) -> Held:
    return Held(words.where(event.institution_id), str(event["team"] or ""), str(event["package"] or ""), event.until)


def _entries(
    history: History, words: Words, parts: Sequence[RecordPart], changes: Sequence[TimelineEvent]
) -> list[Entry]:
    """Everything, newest first; what daily work has sent to the lake is shown as the lake shows it."""
    entries = [
        entry(event, kind_of(event), fold_key(event), lambda event=event: words.event(event))
        for event in shown_events(history)
    ]
    beside = [event for part in parts for event in part.events] + list(changes)
    if not beside:
        return entries
    known = {f"{event.table}:{event.key}" for event in history.events}
    entries += [
        Entry(event.day, event.kind, "", lambda event=event: event)
        for event in beside
        if not event.same_as or event.same_as not in known
    ]
    return sorted(entries, key=lambda each: -each.day.toordinal())


def _changes(ids: Sequence[str]) -> list[TimelineEvent]:
    """Edits of the entry, merges and separations, as events. The first version is the registration."""
    found = []
    changes = list(ResidentChange.objects.filter(resident_id__in=ids).order_by("-version")[:200])
    merges = list(MergeRecord.objects.filter(kept_id__in=ids))
    if not changes and not merges:
        return []
    names = _names_of({row.actor for row in (*changes, *merges)} | {row.undone_by for row in merges})
    for change in changes:
        fields = "、".join(str(FIELDS.get(name, name)) for name in change.fields)
        title = _("登记") if change.version == 1 else _("修改%(fields)s") % {"fields": fields}
        found.append(_change(timezone.localdate(change.at), title, names.get(change.actor, change.actor)))
    for row in merges:
        found.append(
            _change(
                timezone.localdate(row.at),
                _("并入登记 %(id)s") % {"id": row.merged_id},
                f"{names.get(row.actor, row.actor)}：{row.reason}",
            )
        )
        if row.undone_at:
            title = _("拆分登记 %(id)s") % {"id": row.merged_id}
            found.append(
                _change(
                    timezone.localdate(row.undone_at),
                    title,
                    f"{names.get(row.undone_by, row.undone_by)}：{row.undone_reason}",
                )
            )
    return found


def _names_of(usernames: Collection[str]) -> dict[str, str]:
    """username → name, for those who have one."""
    found = get_user_model().objects.filter(username__in=usernames).exclude(first_name="")
    return dict(found.values_list("username", "first_name"))


def _change(day: date, title: str, text: str) -> TimelineEvent:
    return TimelineEvent(day, "change", str(KINDS["change"]), title, text)
