"""Verification of the chain: every line is signed anew and compared, a few thousand at a time.

Lines that are written while it runs are left to the next one: the heads are read first and bound the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from opencmc.apps.audit.contracts import Fault, Verdict
from opencmc.apps.audit.encoding import BEGINNING, LANES, lane_of, place, serial_of
from opencmc.apps.audit.engine import HEADS, LINES, signed_rows
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.audit.seals import Heads, checkpoints, read_heads, read_seals
from opencmc.apps.audit.trail import signer

Progress = Callable[[str, float], None]
Row = tuple[Any, ...]

CHUNK = 5_000
#: Faults that are kept with their place; further ones are counted.
KEPT = 200
#: A line may be this much older than the one before it: a long write carries the moment at which it began.
PATIENCE_SECONDS = 60


class _Walk:
    """The verdict so far, and changed lines that may turn out to be another line in the wrong place."""

    def __init__(self) -> None:
        self.verdict = Verdict()
        self.displaced: list[Row] = []

    def fault(
        self,
        kind: str,
        text: str,
        row: Row | None = None,
        *,
        lane: int | None = None,
        serial: int | None = None,
        is_notice: bool = False,
    ) -> None:
        if row is not None:
            lane, serial = lane_of(row[0]), serial_of(row[0])
        self.verdict.problems += not is_notice
        if len(self.verdict.faults) < KEPT:
            at, actor, action = (str(row[2])[:19], str(row[5]), str(row[8])) if row is not None else ("", "", "")
            self.verdict.faults.append(Fault(kind, lane, serial, at, actor, action, text, is_notice))


def verify(*, since: datetime | None = None, progress: Progress | None = None) -> Verdict:
    """Walk all lanes. With ``since`` each lane from its first line of that moment on; heads and seals always."""
    walk = _Walk()
    seals, faults = read_seals()
    wanted, notices = checkpoints(seals)
    heads = read_heads()
    for fault in (*faults, *notices):
        walk.verdict.faults.append(fault)
        walk.verdict.problems += not fault.is_notice
    walk.verdict.seals = len(seals)
    begins = _begins(since, heads) if since else {}
    total = sum(serial - begins.get(lane, 0) for lane, (serial, _digest) in heads.items()) or 1
    lanes = sorted({*heads, *_lanes_with_lines(), *wanted})
    for lane in lanes:
        for done in _lane(walk, lane, heads.get(lane), wanted.get(lane, {}), begins.get(lane, 0)):
            walk.verdict.lines += done
            if progress:
                progress(_("链道 %(lane)s") % {"lane": lane}, min(1.0, walk.verdict.lines / total))
    walk.verdict.lanes = sum(1 for serial, _digest in heads.values() if serial)
    _beyond_the_heads(walk)
    _name_the_displaced(walk)
    return walk.verdict


def _lanes_with_lines() -> Iterator[int]:
    """Lanes of which there is a line: one step in the index each."""
    after = -1
    while (
        first := AuditLine.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True).first()
    ) is not None:
        yield lane_of(first)
        after = place(lane_of(first) + 1, 0) - 1


def _begins(since: datetime, heads: Heads) -> dict[int, int]:
    """Lane → the serial before its first line of ``since`` or later; without such a line the one before its last."""
    begins = {lane: max(0, serial - 1) for lane, (serial, _digest) in heads.items()}
    for lane in heads:
        inside = AuditLine.objects.filter(id__gt=place(lane, 0), id__lt=place(lane + 1, 0), at__gte=since)
        first = inside.order_by("id").values_list("id", flat=True).first()
        if first is not None:
            begins[lane] = serial_of(first) - 1
    return begins


def _lane(
    walk: _Walk, lane: int, head: tuple[int, bytes] | None, wanted: dict[int, tuple[bytes, str]], begin: int
) -> Iterator[int]:
    """Walk one lane behind the serial ``begin``; yields how many lines were read in each step."""
    sign = signer().digest
    last_digest = BEGINNING if not begin else None
    last_was_changed = False
    serial, last_row, last_time = begin, None, ""
    backwards, first_backwards = 0, None
    until = place(lane, head[0]) if head else place(lane + 1, 0) - 1
    after = place(lane, begin)
    if begin:  # what the first line is chained to
        for row in signed_rows(connection, after - 1, after, 1):
            last_digest = bytes(row[4] or b"")
    while rows := signed_rows(connection, after, until, CHUNK):
        for row in rows:
            number, version, at, previous, digest, *texts = row
            found = serial_of(number)
            if found != serial + 1:
                _removed(walk, lane, serial + 1, found - 1, row)
                last_digest = None
            serial = found
            try:
                is_changed = digest != sign(previous, number, version, at, texts)
            except (TypeError, UnicodeEncodeError, ValueError):  # not even the kind of value that is written
                is_changed = True
            if is_changed:
                walk.fault("changed", _("这一行被改动过"), row)
                walk.displaced.append(row)
                del walk.displaced[KEPT:]
            elif last_digest is not None and previous != last_digest and not last_was_changed:
                walk.fault("link", _("这一行接的不是它前面的那一行：前面有行被换过"), row)
            if found in wanted and wanted[found][0] != digest and not is_changed:
                walk.fault(
                    "replaced", _("这一行与 %(at)s 的封印不同：封印之后被换过") % {"at": wanted[found][1][:19]}, row
                )
            if at < last_time and _seconds_back(last_time, at) > PATIENCE_SECONDS:
                backwards += 1
                first_backwards = first_backwards or row
            last_digest, last_was_changed, last_time, last_row = digest, is_changed, at or last_time, row
        after = rows[-1][0]
        yield len(rows)
    _end(walk, lane, head, serial, last_digest, last_was_changed, last_row)
    _unsealed(walk, lane, wanted, serial, head)
    if first_backwards is not None:
        text = _("时钟在这里倒退过（本链道共 %(n)s 处）；先后以序号为准") % {"n": backwards}
        walk.fault("clock", text, first_backwards, is_notice=True)


def _seconds_back(later: str, earlier: str) -> float:
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except ValueError:
        return 0.0


def _removed(walk: _Walk, lane: int, first: int, last: int, row: Row | None = None) -> None:
    text = _("缺 %(n)s 行（序号 %(first)s 至 %(last)s）") % {"n": last - first + 1, "first": first, "last": last}
    if row is not None:
        text += _("，在 %(at)s %(actor)s 的一行之前") % {"at": str(row[2])[:19], "actor": row[5]}
    walk.fault("removed", text, lane=lane, serial=first)


def _end(
    walk: _Walk,
    lane: int,
    head: tuple[int, bytes] | None,
    serial: int,
    digest: bytes | None,
    was_changed: bool,
    row: Row | None,
) -> None:
    """Does the lane end where its head says?"""
    if head is None:
        if serial:
            walk.fault("head", _("这一链道的头被去掉了"), lane=lane, serial=serial)
    elif serial < head[0]:
        text = _("末尾被截：应有 %(wanted)s 行，只到 %(found)s") % {"wanted": head[0], "found": serial}
        if row is not None:
            text += _("（%(at)s %(actor)s）") % {"at": str(row[2])[:19], "actor": row[5]}
        walk.fault("cut", text, lane=lane, serial=serial + 1)
    elif head[1] != (digest if serial else BEGINNING) and not was_changed:
        walk.fault("head", _("这一链道的头与最后一行不符"), lane=lane, serial=head[0])


def _unsealed(
    walk: _Walk, lane: int, wanted: dict[int, tuple[bytes, str]], serial: int, head: tuple[int, bytes] | None
) -> None:
    """Is everything there that a seal names? When the head itself is behind a seal, the database is an older one."""
    beyond = [known for known in wanted if known > (head[0] if head else serial)]
    if beyond:
        known = max(beyond)
        text = _("%(at)s 的封印说这里有 %(wanted)s 行，现在只有 %(found)s 行：末尾被截，或数据库被恢复到较早的状态") % {
            "at": wanted[known][1][:19], "wanted": known, "found": head[0] if head else serial,
        }  # fmt: skip
        walk.fault("cut", text, lane=lane, serial=serial + 1)


def _beyond_the_heads(walk: _Walk) -> None:
    """Lines behind the head of their lane, in no lane, or before its beginning. Head and lines are read in one
    statement, so that a line being written now is not taken for one."""
    with connection.cursor() as cursor:
        for lane in range(LANES + 1):
            sql = (
                f"SELECT id FROM {LINES} WHERE id >= %s AND id < %s"
                f" AND (id = %s OR id > %s + (SELECT serial FROM {HEADS} WHERE lane = %s)) ORDER BY id LIMIT 1"
            )
            cursor.execute(sql, [place(lane, 0), place(lane + 1, 0), place(lane, 0), place(lane, 0), lane])
            for (number,) in cursor.fetchall():
                row = signed_rows(connection, number - 1, number, 1)[0]
                walk.fault("inserted", _("链道的头之后还有行：有行被塞入，或头被改回"), row)
        for low, high in ((-(1 << 62), 0), (place(LANES + 1, 0) - 1, 1 << 62)):
            for row in signed_rows(connection, low, high, KEPT):
                walk.fault("inserted", _("不属于任何链道的行：被塞入"), row)


def _name_the_displaced(walk: _Walk) -> None:
    """A changed line that is a true line of another place was moved; say from where."""
    sign = signer().digest
    for row in walk.displaced[:40]:
        _number, version, at, previous, digest, *texts = row
        for other in walk.displaced[:40]:
            try:
                is_from = other is not row and digest == sign(previous, other[0], version, at, texts)
            except (TypeError, UnicodeEncodeError, ValueError):
                break
            if is_from:
                text = _("这一行原在 %(lane)s-%(serial)s，被移到这里") % {
                    "lane": lane_of(other[0]),
                    "serial": serial_of(other[0]),
                }
                walk.verdict.faults.append(
                    Fault(
                        "moved",
                        lane_of(row[0]),
                        serial_of(row[0]),
                        str(row[2])[:19],
                        str(row[5]),
                        str(row[8]),
                        text,
                        True,
                    )
                )
