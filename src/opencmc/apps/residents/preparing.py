"""What stands beside the plain values of new residents: sealed identifiers, indexes, initials and search keys.

It is computing alone, without the database, so that a second process does it while the first one writes.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import batched
from threading import Thread
from typing import IO, NamedTuple

from opencmc.apps.residents.readings import initials
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, Keys, Sealer
from opencmc.apps.residents.search_keys import keys_of
from opencmc.base.errors import DataError

#: From so many residents on, a second process is worth its start.
MANY = 20_000
#: Residents that are handed over at a time.
_LOT = 5_000


class Identity(NamedTuple):
    """What is sealed or searched of a new resident; identifiers in their normal form, "" for none."""

    resident_id: str
    name: str
    id_number: str
    phone: str


class Prepared(NamedTuple):
    """The columns that belong to one :class:`Identity`, and the keys by which it is found."""

    initials: str
    id_sealed: bytes | None
    id_index: str | None
    phone_sealed: bytes | None
    phone_index: str | None
    keys: list[bytes]


def prepare(sealer: Sealer, people: Sequence[Identity]) -> list[Prepared]:
    ids = [each.resident_id for each in people]
    numbers = sealer.seal_all(ID_NUMBER, ids, [each.id_number for each in people])
    phones = sealer.seal_all(PHONE, ids, [each.phone for each in people])
    return [
        Prepared(
            (initials(each.name) or ("",))[0],
            number,
            sealer.index(ID_NUMBER, each.id_number) if number else None,
            phone,
            sealer.index(PHONE, each.phone) if phone else None,
            keys_of(sealer, each.name, each.id_number, each.phone, ""),
        )
        for each, number, phone in zip(people, numbers, phones, strict=True)
    ]


def prepare_all(sealer: Sealer, people: Iterable[Identity], count: int) -> Iterator[list[Prepared]]:
    """:func:`prepare` in lots, in the order of ``people``; in a second process when ``count`` is large."""
    lots = batched(people, _LOT)
    if count < MANY or (os.cpu_count() or 1) < 2 or not sys.executable:
        return (prepare(sealer, lot) for lot in lots)
    return _beside(sealer, lots)


def _beside(sealer: Sealer, lots: Iterable[Sequence[Identity]]) -> Iterator[list[Prepared]]:
    """A fresh interpreter, not a fork: threads and database connections are not carried over, and the program that called
    is not run again. The keys go through its pipe, never over the command line. A full pipe makes the faster side wait, so
    few lots are held at a time; the process ends with its pipe, however this one ends."""
    call = [sys.executable, "-c", "from opencmc.apps.residents.preparing import answer; answer()"]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        feeder = Thread(target=_feed, args=(process.stdin, sealer.keys, lots), daemon=True)
        feeder.start()
        try:
            while (done := pickle.load(process.stdout)) is not None:
                yield done
        except EOFError:
            raise DataError("密封标识的进程中途停止，什么也没有写入。请查看内存是否足够，然后再发布一次。") from None
        finally:
            process.kill()  # it has answered everything, or its answers are no longer wanted
            feeder.join()


def _feed(pipe: IO[bytes], keys: Keys, lots: Iterable[Sequence[Identity]]) -> None:
    with suppress(BrokenPipeError), pipe:
        pickle.dump(keys, pipe, pickle.HIGHEST_PROTOCOL)
        for lot in lots:
            pickle.dump(lot, pipe, pickle.HIGHEST_PROTOCOL)
        pickle.dump(None, pipe)


def answer() -> None:
    """The second process: keys and lots from its input, one list of :class:`Prepared` a lot to its output."""
    sealer = Sealer(*pickle.load(sys.stdin.buffer))
    while (lot := pickle.load(sys.stdin.buffer)) is not None:
        pickle.dump(prepare(sealer, lot), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    pickle.dump(None, sys.stdout.buffer)
    sys.stdout.buffer.flush()
