"""What a request asks for: which run, period and unit; with plain words when it asks for what is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Holder, reach
from opencmc.apps.monitoring import queries
from opencmc.apps.monitoring.contracts import RunHead
from opencmc.apps.monitoring.texts import kind_label, period_label
from opencmc.base.errors import Refused
from opencmc.base.periods import Period

UNIT_KINDS = ("county", "community", "institution", "tier", "township")


@dataclass(frozen=True, slots=True)
class Asked:
    run: RunHead
    period: str
    unit_kind: str
    unit_id: str
    holder: Holder
    problem: str

    @property
    def unit(self) -> str:
        return "" if self.unit_kind == "county" else f"{self.unit_kind}:{self.unit_id}"


def read(request: HttpRequest) -> Asked | None:
    """Run, period and unit of a request; None when no run is published. An unknown period is answered by the default
    one with a sentence; an institution beyond the reader's scope is refused."""
    run = queries.find_run()
    if run is None:
        return None
    request.run_shown = run
    holder = request.holder
    wanted, problem = request.GET.get("period", "").strip(), ""
    known = {name for names in run.periods.values() for name in names}
    period = wanted if wanted in known else queries.default_period(run)
    if wanted and wanted not in known:
        problem = _("没有“%(wanted)s”这一期的结果，现在显示 %(period)s。") % {
            "wanted": wanted[:20],
            "period": period_label(period),
        }
    kind, _sep, unit_id = request.GET.get("unit", "").partition(":")
    if not kind or kind == "county":
        kind, unit_id = "county", run.region
    if kind not in UNIT_KINDS or not unit_id:
        raise Http404
    if kind == "institution":
        seen = queries.institutions_seen(holder, queries.last_day(period, run))
        if seen is not None and unit_id not in seen:
            raise Refused(
                _("您的角色不能查看这家机构的数字。"),
                rule=_("机构的数字由本机构、所在医共体和县级管理部门查看"),
                possible_when=_("全县、医共体和乡镇的合计数仍可查看。"),
            )
    return Asked(run, period, kind, unit_id, holder, problem)


def period_switch(run: RunHead, period: str) -> dict[str, Any]:
    """Tabs by kind of period, and the periods of the chosen kind, the newest first."""
    chosen = Period.parse(period)
    tabs = []
    for kind, names in run.periods.items():
        same_end = next((n for n in names if Period.parse(n).end == chosen.end), names[-1])
        tabs.append({"kind": kind, "label": kind_label(kind), "period": same_end, "current": kind == chosen.kind.value})
    choices = [(name, period_label(name)) for name in reversed(run.periods.get(chosen.kind.value, []))]
    return {"tabs": tabs, "choices": choices, "period": period, "label": period_label(period)}


def scope_key(holder: Holder) -> str:
    """Readers with the same key see the same figures."""
    return "/".join(str(reach(holder, action)) for action in ("figures.institutions", "figures.rows"))


def rendered(key: tuple, template: str, build: Callable[[], dict[str, Any]]) -> SafeString:
    """A page's body, drawn once for each run, question, language and scope."""
    name = hashlib.sha256("|".join(str(part) for part in (*key, get_language())).encode()).hexdigest()
    body = cache.get(name)
    if body is None:
        body = str(render_to_string(template, build()))
        cache.set(name, body)
    return mark_safe(body)
