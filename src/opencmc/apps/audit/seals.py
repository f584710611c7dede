"""Seals: the heads of all lanes, signed, appended to a file outside the database.

A chain alone cannot tell that its end was cut off. A seal can: what it names has to be there for ever after. Each seal
signs the one before it as well. Whoever can write the file and read the key can forge both (see docs/audit.md).
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from opencmc.apps.audit.contracts import Fault
from opencmc.apps.audit.encoding import place, time_text
from opencmc.apps.audit.engine import HEADS, signed_rows
from opencmc.apps.audit.trail import signer
from opencmc.base.errors import DataError, DataReason, Refused

FILE = "audit-seals.jsonl"
NO_SEAL = ""
_PREFIX = b"opencmc.audit.seal.1\n"

Heads = dict[int, tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Seal:
    """The heads at a moment. After a restore (``restored`` says why) earlier seals bind only as far as these heads."""

    at: str
    why: str
    heads: Heads
    restored: str
    mac: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(f"{self.at}+00:00")

    @property
    def lines(self) -> int:
        return sum(serial for serial, _digest in self.heads.values())


def read_heads() -> Heads:
    """Lane → (serial, digest), all from one moment."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT lane, serial, digest FROM {HEADS} ORDER BY lane", [])
        return {lane: (serial, bytes(digest or b"")) for lane, serial, digest in cursor.fetchall()}


def _signed(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return signer().sign(_PREFIX + text.encode()).hex()


def _parse(line: bytes) -> dict[str, Any] | None:
    """The content of a line of the file, ``None`` when it is no seal at all (cut off by a power failure, or damaged)."""
    try:
        content = json.loads(line)
        heads = content["heads"]
        if not all(isinstance(content[name], str) for name in ("at", "why", "restored", "previous", "mac")):
            return None
        {int(lane): (int(serial), bytes.fromhex(digest)) for lane, (serial, digest) in heads.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return content


def read_seals(home: Path | None = None) -> tuple[list[Seal], list[Fault]]:
    """The seals of the home in their order, and what is wrong with the file."""
    path = (home or settings.OPENCMC_HOME) / FILE
    seals: list[Seal] = []
    faults: list[Fault] = []
    previous = NO_SEAL
    torn = 0
    for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else (), start=1):
        content = _parse(line)
        if content is None:
            torn = number
            faults.append(_fault("seal", "", _("第 %(n)s 枚封印不完整：写入时断电，或被改动") % {"n": number}))
            continue
        mac = content.pop("mac")
        if _signed(content) != mac:
            faults.append(
                _fault("seal", content["at"], _("第 %(n)s 枚封印与密钥不符：被改动，或密钥不是原来的") % {"n": number})
            )
        elif content["previous"] != previous:
            faults.append(_fault("seal", content["at"], _("第 %(n)s 枚封印之前有封印被去掉或调换") % {"n": number}))
        else:
            if torn == number - 1 and torn:
                # The writer of this seal saw the torn line and went on from the last whole one: a power failure.
                faults[-1] = _fault(
                    "torn", content["at"], _("第 %(n)s 枚封印写入时中断，后来已重新封印") % {"n": torn}, True
                )
            heads = {int(lane): (serial, bytes.fromhex(digest)) for lane, (serial, digest) in content["heads"].items()}
            seals.append(Seal(content["at"], content["why"], heads, content["restored"], mac))
        previous = mac
    return seals, faults


def _fault(kind: str, at: str, text: str, is_notice: bool = False) -> Fault:
    return Fault(kind, None, None, at, "", "", text, is_notice)


def _heads_that_hold(heads: Heads) -> int:
    """How many lanes end in a line that was signed with this key and is the one of the head."""
    sign, holding = signer(), 0
    for lane, (serial, digest) in heads.items():
        rows = signed_rows(connection, place(lane, serial - 1), place(lane, serial), 1) if serial else []
        for number, version, at, previous, found, *texts in rows:
            holding += bytes(found) == digest == sign.digest(bytes(previous), number, version, at, texts)
    return holding


def seal(*, why: str, at: datetime, restored: str = "") -> Seal:
    """Sign the heads of now and append them (fsync). The same heads are not sealed twice.

    ``restored`` is the reason for which the database was put back to an older state: lines that earlier seals name and
    that are gone are from then on reported as lost by it, and no longer as cut. Refuses when the ends of the lanes do
    not fit the key: sealing them would make a falsehood look true.
    """
    heads = {lane: head for lane, head in read_heads().items() if head[0]}
    held = _heads_that_hold(heads)
    if heads and not held:
        raise Refused(
            _("审计密钥与数据库中的审计链不符"),
            rule="keys/audit.key",
            possible_when=_("请确认 OPENCMC_HOME 指向这个数据库的数据目录，或从备份取回 keys/audit.key。"),
        )
    if held < len(heads):
        raise DataError(
            _("有链道的末尾与审计密钥不符，没有封印。请运行 opencmc audit verify 查看是哪一行"),
            table=HEADS,
            reasons=(DataReason(_("末尾不符的链道"), len(heads) - held),),
        )
    home = settings.OPENCMC_HOME
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # released with the descriptor, after a kill as well
        seals, _faults = read_seals(home)
        if seals and seals[-1].heads == heads and not restored:
            return seals[-1]
        content = {
            "at": time_text(at),
            "why": why,
            "restored": restored[:400],
            "heads": {str(lane): [serial, digest.hex()] for lane, (serial, digest) in heads.items()},
            "previous": _last_mac(home / FILE),
        }
        mac = _signed(content)
        size = os.fstat(descriptor).st_size
        line = json.dumps({**content, "mac": mac}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        os.write(descriptor, line)
        os.fsync(descriptor)
        return Seal(content["at"], why, heads, content["restored"], mac)
    finally:
        os.close(descriptor)


def _last_mac(path: Path) -> str:
    """The signature of the last line that is a seal at all."""
    found = [content["mac"] for content in map(_parse, path.read_bytes().splitlines()) if content]
    return found[-1] if found else NO_SEAL


def checkpoints(seals: list[Seal]) -> tuple[dict[int, dict[int, tuple[bytes, str]]], list[Fault]]:
    """Lane → serial → (digest, sealed at) that have to be found, and a notice for each restore."""
    wanted: dict[int, dict[int, tuple[bytes, str]]] = {}
    notices = []
    for each in seals:
        if each.restored:
            lost = 0
            for lane, known in wanted.items():
                kept = each.heads.get(lane, (0, b""))[0]
                lost += max(0, max(known, default=0) - kept)
                wanted[lane] = {serial: digest for serial, digest in known.items() if serial <= kept}
            text = _("数据库曾恢复到较早的状态，至少 %(n)s 行随之失去。缘由：%(why)s") % {
                "n": lost,
                "why": each.restored,
            }
            notices.append(_fault("restored", each.at, text, True))
        for lane, (serial, digest) in each.heads.items():
            wanted.setdefault(lane, {})[serial] = (digest, each.at)
    return wanted, notices
