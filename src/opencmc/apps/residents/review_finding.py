"""Looking for duplicates among all residents: those that are new or changed since the last time, against all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any

import pyarrow as pa
from django.db.models import Q

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.residents.contracts import Progress
from opencmc.apps.residents.models import MatchedEntry, Resident, ReviewPair
from opencmc.apps.residents.review import Matched, compared, digest_of, matcher, reasons_of, thresholds
from opencmc.methods.matching import RECORD_SCHEMA, as_records, find_pairs

#: With more than this share changed, everything is matched against everything.
ALL_ANEW = 5
_CHUNK = 500


def find_duplicates(actor: Actor, progress: Progress | None = None) -> Matched:
    """Note every pair that is, or may be, one person. Doing it again changes nothing while nobody changed."""
    report = progress or (lambda step, share: None)
    report("读取居民", 0.05)
    before = dict(MatchedEntry.objects.values_list("resident_id", "digest"))
    records, digests = _read()
    changed = {pk for pk, digest in digests.items() if before.get(pk) != digest}
    if not changed and len(before) == len(digests):
        return Matched(len(digests), 0, 0, 0, 0)
    report("比对", 0.4)
    limits = thresholds(actor.today)
    found = _pairs(records, changed, limits)
    report("写入待核对的对子", 0.8)
    with audited(actor) as trail:
        new, reopened = _note(actor, found, digests)
        gone = _forget(found, changed)
        _remember(digests, before, changed)
        trail.add(
            "residents.matching", object_=f"{len(digests)}", reason=f"changed {len(changed)}, new {new}, gone {gone}"
        )
    report("完成", 1.0)
    return Matched(len(digests), len(changed), new, reopened, gone)


def _read() -> tuple[pa.Table, dict[str, str]]:
    """All living entries as records, and their digests."""
    living = Resident.objects.filter(merged_into=None).order_by("pk")
    only = ("pk", "name", "sex", "birth_date", "township", "village", "id_sealed", "phone_sealed")
    digests: dict[str, str] = {}
    tables = []
    for rows in batched(living.only(*only).iterator(chunk_size=20_000), 20_000):
        made = [compared(row) for row in rows]
        digests |= {str(each["record_id"]): digest_of(each) for each in made}
        tables.append(as_records(made))
    return pa.concat_tables(tables) if tables else RECORD_SCHEMA.empty_table(), digests


def _pairs(records: pa.Table, changed: set[str], limits: Any) -> set[tuple[str, str]]:
    """The pairs (left before right) with at least one changed entry."""
    if not changed or len(records) < 2:
        return set()
    if len(changed) * ALL_ANEW >= len(records):
        table = find_pairs(records, thresholds=limits)
    else:
        chosen = pa.compute.is_in(records["record_id"], pa.array(sorted(changed)))
        table = find_pairs(records.filter(chosen), records, thresholds=limits)
    both = zip(table["left"].to_pylist(), table["right"].to_pylist(), strict=True)
    return {
        (min(one, other), max(one, other))
        for one, other in both
        if one != other and (one in changed or other in changed)
    }


def _note(actor: Actor, found: Iterable[tuple[str, str]], digests: dict[str, str]) -> tuple[int, int]:
    """New pairs, and decided ones of which an entry has changed, are open; others stay as they are."""
    new, reopened = 0, 0
    work = matcher(thresholds(actor.today))
    for chunk in batched(sorted(found), _CHUNK):
        rows = Resident.objects.in_bulk({pk for pair in chunk for pk in pair})
        there = {
            (pair.left_id, pair.right_id): pair
            for pair in ReviewPair.objects.filter(left_id__in=[left for left, _right in chunk])
        }
        made, again = [], []
        for left, right in chunk:
            held = there.get((left, right))
            same = held is not None and (held.left_digest, held.right_digest) == (digests[left], digests[right])
            if same:
                continue
            scored = work.score(compared(rows[left]), [compared(rows[right])])[0]
            pair = held or ReviewPair(left_id=left, right_id=right, source="matching", found_at=actor.at)
            pair.left_digest, pair.right_digest = digests[left], digests[right]
            pair.probability, pair.decision, pair.rule = scored.probability, scored.decision, scored.rule
            pair.reasons, pair.state = reasons_of(scored), "open"
            if held:
                pair.version += 1
                again.append(pair)
            else:
                made.append(pair)
        ReviewPair.objects.bulk_create(made, batch_size=_CHUNK)
        ReviewPair.objects.bulk_update(
            again, ["left_digest", "right_digest", "probability", "decision", "rule", "reasons", "state", "version"]
        )
        new, reopened = new + len(made), reopened + len(again)
    return new, reopened


def _forget(found: set[tuple[str, str]], changed: set[str]) -> int:
    """Open pairs of a changed entry that match no longer. What people decided is kept."""
    gone = 0
    for chunk in batched(sorted(changed), _CHUNK):
        rows = ReviewPair.objects.filter(Q(left_id__in=chunk) | Q(right_id__in=chunk), state="open", source="matching")
        stale = [pk for pk, left, right in rows.values_list("pk", "left_id", "right_id") if (left, right) not in found]
        ReviewPair.objects.filter(pk__in=stale).delete()
        gone += len(stale)
    return gone


def _remember(digests: dict[str, str], before: dict[str, str], changed: set[str]) -> None:
    gone = sorted(set(before) - set(digests))
    for chunk in batched(gone, _CHUNK):
        MatchedEntry.objects.filter(pk__in=chunk).delete()
    for chunk in batched(_entries(digests, sorted(changed)), 5_000):
        MatchedEntry.objects.bulk_create(
            chunk, batch_size=_CHUNK, update_conflicts=True, update_fields=["digest"], unique_fields=["resident"]
        )


def _entries(digests: dict[str, str], changed: Sequence[str]) -> Iterator[MatchedEntry]:
    for pk in changed:
        yield MatchedEntry(resident_id=pk, digest=digests[pk])
