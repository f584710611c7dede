"""The pages of the rule book."""

from __future__ import annotations

from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from opencmc.apps.paging import page_of
from opencmc.apps.rules import queries
from opencmc.apps.rules.book import PAGE, Wanted, search, value_on
from opencmc.methods.indicators.measures import MEASURES
from opencmc.policy.cards import card
from opencmc.policy.overlay import CHANGES, difference, same_count
from opencmc.policy.pack import Pack
from opencmc.policy.schema import KINDS, STANDINGS
from opencmc.policy.wording import say_citation, say_span, say_value


def _pack(request: HttpRequest) -> Pack | None:
    """``?pack=ID``, otherwise that of the run on the pages, otherwise the first county at hand."""
    known = queries.list_pack_ids()
    wanted = request.GET.get("pack", "") or queries.published_pack()
    if wanted and wanted in known:
        return queries.pack_by_id(wanted)
    if request.GET.get("pack"):
        raise Http404
    return queries.pack_by_id(known[0]) if known else None


def _english() -> bool:
    return (get_language() or "").startswith("en")


@require_GET
def book(request: HttpRequest) -> HttpResponse:
    """``?q=`` words, ``?kind=``, ``?standing=``, ``?document=``, ``?from=`` the pack an entry comes from, ``?page=``."""
    pack = _pack(request)
    if pack is None:
        return render(request, "rules/none.html", {"section": "rules"})
    get = request.GET.get
    wanted = Wanted(
        get("q", "").strip()[:100], get("kind", ""), get("standing", ""), get("document", ""), get("from", "")
    )
    rows = search(pack, wanted, day=timezone.localdate(request.at), english=_english())
    counts = Counter(row.kind for row in rows)
    context = {
        "section": "rules",
        "pack": pack,
        "packs": queries.pack_labels(),
        "page": page_of(rows, request.GET, PAGE),
        "total": len(rows),
        "everything": len(pack.entries),
        "wanted": wanted,
        "kinds": [(k, v.label, counts.get(k, 0)) for k, v in KINDS.items()],
        "standings": list(STANDINGS),
        "documents": sorted(pack.documents.values(), key=lambda d: d.name),
        "ancestors": list(queries.lineage_labels(pack).values())[1:],
        "filtered": bool(wanted.text or wanted.kind or wanted.standing or wanted.document or wanted.pack),
    }
    return render(request, "rules/book.html", context)


@require_GET
def entry(request: HttpRequest, entry_id: str) -> HttpResponse:
    """One entry: its card, every dated value, every citation with the document's own words."""
    pack = _pack(request)
    if pack is None or entry_id not in pack.entries:
        raise Http404
    found = pack.entries[entry_id]
    day = timezone.localdate(request.at)
    above = pack.inherited(entry_id)
    values = [
        {
            "span": say_span(value),
            "said": say_value(found, value.value),
            "standing": value.standing.value,
            "because": value.because,
            "note": value.note,
            "now": value is value_on(found, day),
            "cites": [
                {
                    "text": say_citation(type(cite)(cite.document, cite.clause), pack.documents),
                    "quote": cite.quote,
                    "document": pack.documents.get(cite.document),
                }
                for cite in value.cites
            ],
            "table": _table(found, value.value),
        }
        for value in found.values
    ]
    labels = {name: measure.label for name, measure in MEASURES.items()}
    held = value_on(found, day)
    context = {
        "section": "rules",
        "pack": pack,
        "entry": found,
        "values": values,
        "label": found.label_en if _english() and found.label_en else found.label,
        "card": card(pack, entry_id, day=day, measures=labels),
        "kind_label": KINDS[found.kind].label,
        "standing": held.standing.value if held else "unverified",
        "above": above if above is not None and above is not found else None,
        "above_said": [{"span": say_span(v), "said": say_value(above, v.value)} for v in above.values]
        if above is not None and above is not found
        else [],
    }
    return render(request, "rules/entry.html", context)


def _table(found, value) -> dict | None:
    """Rows of a table or items of a list, in full."""
    if found.kind == "table":
        heads = [
            c["label"] + (f"（{c['unit']}）" if c.get("unit") else "") for c in found.attributes["columns"].values()
        ]
        return {"heads": heads, "rows": [[str(cell) for cell in row] for row in value]}
    if found.kind == "list":
        return {"heads": [], "rows": [[item if isinstance(item, str) else item["label"]] for item in value]}
    return None


@require_GET
def differences(request: HttpRequest) -> HttpResponse:
    """What the pack says otherwise than ``?against=`` (its parent when not said)."""
    pack = _pack(request)
    if pack is None:
        return render(request, "rules/none.html", {"section": "rules"})
    known = queries.list_pack_ids()
    wanted = request.GET.get("against") or (pack.parent.id if pack.parent else "")
    if wanted and wanted not in known:
        raise Http404
    against = queries.pack_by_id(wanted) if wanted else None
    found = difference(pack, against) if against else []
    groups = [(change, label, [d for d in found if d.change == change]) for change, label in CHANGES.items()]
    context = {
        "section": "rules",
        "pack": pack,
        "packs": queries.pack_labels(),
        "against": against,
        "groups": [g for g in sorted(groups, key=lambda g: ("changed", "added", "removed").index(g[0])) if g[2]],
        "same": same_count(pack, against) if against else 0,
        "kind_labels": {k: v.label for k, v in KINDS.items()},
    }
    return render(request, "rules/differences.html", context)
