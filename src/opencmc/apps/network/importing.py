"""An import: what a workbook would change, and the change itself. All good rows or nothing, as its reader chooses."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network import models
from opencmc.apps.network.checks import new_problems
from opencmc.apps.network.packs import pack_of
from opencmc.apps.network.rows import SINCE_EVER, Rows, row_of
from opencmc.apps.network.sheets import SHEETS
from opencmc.apps.network.workbook_in import Fault, Line, read_workbook
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused

ACTION = "network.import"
#: Sheets whose rows the lake has as well; the others live in the pages' database alone.
_CORE = ("institution", "attachment", "membership")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What of the lines is new or different, what is the same, and which lines cannot go in."""

    fresh: tuple[Line, ...]
    changed: tuple[Line, ...]
    same: int
    faults: tuple[Fault, ...]

    def counts(self) -> list[tuple[str, int, int]]:
        """By sheet: new and changed."""
        new, other = Counter(line.sheet for line in self.fresh), Counter(line.sheet for line in self.changed)
        return [(sheet.label, new[name], other[name]) for name, sheet in SHEETS.items() if new[name] or other[name]]


def _plain(value: Any) -> Any:
    return "" if value is None else value.isoformat() if isinstance(value, date) else value


def compare(lines: list[Line]) -> Comparison:
    """Against the database as it is now. A line that breaks a rule of the network is a fault, and the others are
    looked at without it."""
    fresh, changed, same = [], [], 0
    faults: list[Fault] = []
    held: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for name, sheet in SHEETS.items():
        held[name] = (
            {tuple(row[k] for k in sheet.key): row for row in sheet.rows()}
            if any(x.sheet == name for x in lines)
            else {}
        )
    for line in lines:
        sheet = SHEETS[line.sheet]
        there = held[line.sheet].get(tuple(line.values[k] for k in sheet.key))
        if there is None:
            fresh.append(line)
        elif all(_plain(there[c.name]) == _plain(line.values[c.name]) for c in sheet.columns):
            same += 1
        elif line.sheet == "decision":
            faults.append(_fault(line, "title", _("没有记过的决定；已记下的不由导入修改")))
        else:
            changed.append(line)
    good = _known(fresh + changed, faults)
    good = _sound(good, faults)
    kept = {id(line) for line in good}
    return Comparison(
        tuple(x for x in fresh if id(x) in kept), tuple(x for x in changed if id(x) in kept), same,
        tuple(sorted(faults, key=lambda f: (f.sheet, f.row))),
    )  # fmt: skip


def _fault(line: Line, column: str, expected: str) -> Fault:
    sheet = SHEETS[line.sheet]
    label = sheet.column(column).label if any(c.name == column for c in sheet.columns) else ""
    return Fault(sheet.label, line.row, label, str(_plain(line.values.get(column, "")))[:60], expected)


def _known(lines: list[Line], faults: list[Fault]) -> list[Line]:
    """Without the lines that name an institution, a body or a standard that nobody knows."""
    ids = set(models.Institution.objects.values_list("institution_id", flat=True))
    ids |= {line.values["institution_id"] for line in lines if line.sheet == "institution"}
    bodies = set(models.GovernanceBody.objects.values_list("name", flat=True))
    bodies |= {line.values["name"] for line in lines if line.sheet == "body"}
    good = []
    for line in lines:
        wrong = next(
            (c for c in ("institution_id", "attached_to") if c in line.values and line.values[c] not in ids), ""
        )
        if wrong:
            faults.append(_fault(line, wrong, _("“机构”表里或系统里有的机构编号")))
        elif line.sheet == "decision" and line.values["body"] not in bodies:
            faults.append(_fault(line, "body", _("“治理机构”表里或系统里有的名称")))
        elif line.sheet == "standard" and not _is_standard(line.values["pack"], line.values["entry_id"]):
            faults.append(_fault(line, "entry_id", _("政策包里有的标准")))
        else:
            good.append(line)
    return good


def _is_standard(pack: str, entry_id: str) -> bool:
    try:
        return entry_id in pack_of(pack).entries
    except Refused:
        return False


def _after(before: Rows, lines: list[Line]) -> Rows:
    after = before.copy()
    for line in lines:
        if line.sheet in _CORE:
            given = dict(line.values)
            if line.sheet == "institution" and (old := before.institutions.get(given["institution_id"])):
                given["attached_to"] = old.attached_to
            after.put(row_of(line.sheet, given))
    return after


def _sound(lines: list[Line], faults: list[Fault]) -> list[Line]:
    """Without the lines that make the network contradict itself. Each round takes out those that a problem names."""
    before, left = read_rows(), list(lines)
    for _round in range(50):
        problems = new_problems(before, _after(before, left), SINCE_EVER)
        if not problems:
            return left
        blamed: dict[int, str] = {}
        for problem in problems:
            line = next(
                (line for line in reversed(left) if id(line) not in blamed and _names(problem.about, line)), None
            )
            if line is not None:
                blamed[id(line)] = f"{problem.sentence}。{problem.correction}"
        if not blamed:  # it comes of what is left out, for example a lead: nothing of the core may go in
            faults.append(Fault("", 0, "", "", problems[0].sentence))
            return [line for line in left if line.sheet not in _CORE]
        for line in [line for line in left if id(line) in blamed]:
            faults.append(_fault(line, SHEETS[line.sheet].key[0], blamed[id(line)]))
            left.remove(line)
    return [line for line in left if line.sheet not in _CORE]


def _names(about: tuple[Any, ...], line: Line) -> bool:
    if line.sheet not in _CORE:
        return False
    key = row_of(line.sheet, line.values).key
    return key in about or key == about or (*key, "above") == about or (len(about) == 1 and about[0] in key) or (
        line.sheet == "attachment" and line.values["institution_id"] in about)  # fmt: skip


# drafts ---------------------------------------------------------------------------------------------------------------


def read_import(actor: Actor, *, name: str, data: bytes) -> models.ImportDraft:
    """Read a workbook and keep what was read, so that it can be looked at and then applied."""
    require(actor.holder, ACTION)
    lines, faults = read_workbook(data)
    content = {
        "lines": [
            [x.sheet, x.row, {k: _plain(v) if isinstance(v, date) else v for k, v in x.values.items()}] for x in lines
        ],
        "faults": [asdict(fault) for fault in faults],
    }
    with audited(actor) as trail:
        made = models.ImportDraft.objects.create(
            name=name[:200], content=content, made_by=actor.holder.username, made_at=actor.at
        )
        trail.add(ACTION, object_=f"{made.pk} {name}"[:200], reason=f"read {len(lines)}")
    return made


def find_import(actor: Actor, number: str) -> models.ImportDraft:
    require(actor.holder, ACTION)
    found = models.ImportDraft.objects.filter(pk=number if number.isdecimal() else 0).first()
    if found is None:
        raise Refused(_("没有这次导入"), possible_when=_("重新交一次工作簿。"))
    return found


def lines_of(found: models.ImportDraft) -> tuple[list[Line], list[Fault]]:
    lines = []
    for sheet, row, values in found.content["lines"]:
        dates = {c.name for c in SHEETS[sheet].columns if c.type == "date"}
        typed = {k: date.fromisoformat(v) if k in dates and v else None if k in dates else v for k, v in values.items()}
        lines.append(Line(sheet, row, typed))
    return lines, [Fault(**fault) for fault in found.content["faults"]]


def compare_import(found: models.ImportDraft) -> tuple[Comparison, list[Fault]]:
    """What the kept workbook would change now, and all its faults, those of reading first."""
    lines, unread = lines_of(found)
    compared = compare(lines)
    return compared, [*unread, *compared.faults]


def apply_import(actor: Actor, number: str, *, only_whole: bool) -> Comparison:
    """Write what is new and changed. With ``only_whole`` nothing at all when one row is wrong. It is compared again
    under the network's lock, so that what somebody else wrote meanwhile counts."""
    found = find_import(actor, number)
    lines, unread = lines_of(found)
    with audited(actor) as trail:
        found = models.ImportDraft.objects.select_for_update().get(pk=found.pk)
        if found.applied_at is not None:
            raise Refused(_("这次导入已经完成"), possible_when=_("要再改，重新交一次工作簿。"))
        lock_network()
        compared = compare(lines)
        wrong = len(unread) + len(compared.faults)
        if only_whole and wrong:
            raise Refused(_("有 %(n)d 处不合，没有导入任何一行") % {"n": wrong},
                          possible_when=_("改正后重新交，或选择“导入其余的行”。"))  # fmt: skip
        todo = [*compared.fresh, *compared.changed]
        if not todo:
            raise Refused(
                _("没有可以导入的改动"),
                possible_when=_("改正不合的行再交。") if wrong else _("工作簿与现有的完全相同。"),
            )
        before = read_rows()
        write_network(before.moved_to(_after(before, todo)), actor)
        for line in todo:
            if line.sheet not in _CORE:
                _write(line, actor)
        found.applied_at = actor.at
        found.save(update_fields=["applied_at"])
        trail.add(ACTION, object_=f"{found.pk} {found.name}"[:200], reason=f"apply {len(todo)}, wrong {wrong}")
    return compared


def _write(line: Line, actor: Actor) -> None:
    values = dict(line.values)
    match line.sheet:
        case "name" | "service" | "standard" | "post":
            model = {"name": models.InstitutionName, "service": models.InstitutionService,
                     "standard": models.StandardAnswer, "post": models.PublicHealthPost}[line.sheet]  # fmt: skip
            if line.sheet == "standard":
                values["answered_by"] = actor.holder.username
            key = {name: values.pop(name) for name in SHEETS[line.sheet].key}
            model.objects.update_or_create(**key, defaults=values)
        case "body":
            models.GovernanceBody.objects.update_or_create(name=values.pop("name"), defaults=values)
        case "decision":
            body = models.GovernanceBody.objects.get(name=values.pop("body"))
            models.Decision.objects.create(body=body, recorded_by=actor.holder.username, recorded_at=actor.at, **values)
