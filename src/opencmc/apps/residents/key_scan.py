"""Walks the search keys in their order and keeps who is in reach. Every step is a short look into one index, so that no
planner can choose badly: a reach is one clinic or half a county, and a surname one in ten or one in a million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import batched
from typing import Any

from opencmc.apps.residents import bulk

#: Up to so many people of the reader's institutions are gathered first, and their keys looked at.
NEAR = 4_000
#: So many keys are read at a time, more with each step.
_FIRST_STEP, _LAST_STEP = 400, 6_000
_REMEMBERED = 5_000
_AT_A_TIME = 400
_HELD = 'start <= %s AND ("end" IS NULL OR "end" > %s)'
Range = tuple[bytes, bytes]


def found_by_keys(
    ranges: Sequence[Range], exact: Sequence[bytes], institutions: Collection[str] | None, day: date, limit: int
) -> list[str]:
    """The residents with a key in one of ``ranges`` ([from, to), in this order) or equal to one of ``exact`` whom
    ``institutions`` (``None``: all) may see on ``day``, in the order of the keys, at most one more than ``limit``. Who was
    merged stands as what they are now."""
    near = _near(institutions, day) if institutions is not None else None
    found: dict[str, None] = {}
    if near is not None:
        found = dict.fromkeys(_of_near(ranges, exact, near)[: limit + 1])
    else:
        for low, high in ranges:
            for resident_id in _walk(low, high, institutions, day, limit - len(found)):
                found[resident_id] = None
        if exact and len(found) <= limit:
            found |= dict.fromkeys(_exactly(exact, institutions, day, limit))
    return _as_now(list(found)[: limit + 1])


#: Reaches that were found to be wide. One that has become narrow meanwhile is walked all the same, and finds the same.
_wide: set[frozenset[str]] = set()


def _near(institutions: Collection[str], day: date) -> list[str] | None:
    """Everybody in reach, when that is few; ``None`` when it is many."""
    reach = frozenset(institutions)
    if reach in _wide:
        return None
    where, ids = bulk.any_of("institution_id", sorted(reach))
    sql = (
        f"SELECT resident_id FROM residents_carerelation WHERE {where} AND {_HELD}"
        f" ORDER BY institution_id, resident_id LIMIT {NEAR + 1}"
    )
    rows = list(bulk.rows_of(sql, [ids, day, day]))
    if len(rows) > NEAR:
        if len(_wide) > _REMEMBERED:
            _wide.clear()
        _wide.add(reach)
        return None
    return list(dict.fromkeys(row[0] for row in rows))


def _of_near(ranges: Sequence[Range], exact: Sequence[bytes], near: Sequence[str]) -> list[str]:
    if not near:
        return []
    where, ids = bulk.any_of("resident_id", near)
    spans = [*ranges, *((key, key + b"\x00") for key in exact)]
    either = " OR ".join(["(key >= %s AND key < %s)"] * len(spans))
    sql = f"SELECT key, resident_id FROM residents_searchkey WHERE {where} AND ({either})"
    rows = [(bytes(key), pk) for key, pk in bulk.rows_of(sql, [ids, *(end for span in spans for end in span)])]
    order = {span: at for at, span in enumerate(spans)}
    placed = sorted((min(order[s] for s in spans if s[0] <= key < s[1]), key, pk) for key, pk in rows)
    return list(dict.fromkeys(pk for _at, _key, pk in placed))


def _exactly(exact: Sequence[bytes], institutions: Collection[str] | None, day: date, limit: int) -> list[str]:
    marks = ", ".join(["%s"] * len(exact))
    sql = f"SELECT resident_id, institution_id FROM residents_searchkey WHERE key IN ({marks}) LIMIT {_LAST_STEP}"
    return list(_kept(list(bulk.rows_of(sql, list(exact))), institutions, day))[: limit + 1]


def _walk(low: bytes, high: bytes, institutions: Collection[str] | None, day: date, limit: int) -> Iterable[str]:
    """Who is in reach, key by key. A step reads its keys in their order and looks at each person's own relations: OFFSET
    keeps a planner from gathering everybody's relations first, the expression from going through all of an institution.
    """
    seen = "true"
    parameters: list[Any] = []
    if institutions is not None:
        places = sorted(institutions)
        own, of_own = bulk.any_of("k.institution_id", places)
        other, of_other = bulk.any_of("r.institution_id || ''", places)
        seen = (
            f"CASE WHEN {own} THEN true ELSE EXISTS (SELECT 1 FROM residents_carerelation AS r"
            f" WHERE r.resident_id = k.resident_id AND {other} AND {_HELD} LIMIT 1 OFFSET 0) END"
        )
        parameters = [of_own, of_other, day, day]
    keys = (
        " FROM residents_searchkey WHERE (key, resident_id) > (%s, %s) AND key < %s"
        " ORDER BY key, resident_id LIMIT %s OFFSET %s"
    )
    sql = (
        f"SELECT k.key, k.resident_id FROM (SELECT key, resident_id, institution_id{keys}) AS k WHERE {seen}"
        " ORDER BY k.key, k.resident_id LIMIT %s"
    )
    step, found = _FIRST_STEP, dict[str, None]()  # somebody may have several keys in one range
    after: tuple[bytes, str] = (low, "")
    while (left := limit + 1 - len(found)) > 0:
        rows = list(bulk.rows_of(sql, [*after, high, step, 0, *parameters, left]))
        found |= dict.fromkeys(pk for _key, pk in rows)
        # Cut off at what was asked for: on from there. Otherwise the whole step was looked at.
        last = rows[-1:] if len(rows) == left else _last_of_step(keys, after, high, step)
        if not last:
            break
        after, step = (bytes(last[0][0]), last[0][1]), min(2 * step, _LAST_STEP)
    return found


def _last_of_step(keys: str, after: tuple[bytes, str], high: bytes, step: int) -> list[tuple[Any, ...]]:
    """The last key of a full step; none when the keys have come to their end."""
    return list(bulk.rows_of(f"SELECT key, resident_id{keys}", [*after, high, 1, step - 1]))


def _kept(rows: Sequence[Sequence[str]], institutions: Collection[str] | None, day: date) -> Iterable[str]:
    """Those of (resident, responsible institution) in reach. Most are decided by that institution; of the rest the
    relations are read."""
    if institutions is None:
        return [pk for pk, _institution in rows]
    own = frozenset(institutions)
    seen = cared_for([pk for pk, institution in rows if institution not in own], own, day)
    return [pk for pk, institution in rows if institution in own or pk in seen]


def cared_for(ids: Collection[str], institutions: Collection[str], day: date) -> set[str]:
    """Those of ``ids`` with an open relation to one of ``institutions``."""
    seen: set[str] = set()
    # An expression instead of the column: the way leads through the person, never through all of an institution. And few
    # at a time: for thousands at once a planner would rather read the whole table.
    of_place, places = bulk.any_of("institution_id || ''", sorted(institutions))
    for some in batched(ids, _AT_A_TIME):
        of_person, people = bulk.any_of("resident_id", some)
        sql = f"SELECT resident_id FROM residents_carerelation WHERE {of_person} AND {of_place} AND {_HELD}"
        seen.update(row[0] for row in bulk.rows_of(sql, [people, places, day, day]))
    return seen


def _as_now(ids: list[str]) -> list[str]:
    if not ids:
        return []
    where, people = bulk.any_of("resident_id", ids)
    sql = f"SELECT resident_id, merged_into_id FROM residents_resident WHERE {where} AND merged_into_id IS NOT NULL"
    merged = dict(bulk.rows_of(sql, [people]))
    return list(dict.fromkeys(merged.get(pk, pk) for pk in ids)) if merged else ids
