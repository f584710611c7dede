"""Kinds of jobs by name: what a slice's module ``jobs`` declares with ``@job``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

#: Takes the run of the job and its arguments; returns the sentence that says what came out.
Work = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Kind:
    id: str
    label: str | Promise
    work: Work


KINDS: dict[str, Kind] = {}


def job(kind: str, label: str | Promise) -> Callable[[Work], Work]:
    """``@job("residents.import", _("导入居民"))`` over ``def import_rows(run: JobRun, **arguments: Any) -> str``.

    The function runs at least once and must be safe to repeat: work inside ``with run.step("rows 0–500") as fresh``.
    It reads no clock: ``run.actor.at`` is when this attempt began.
    """

    def keep(work: Work) -> Work:
        if kind in KINDS and KINDS[kind].work is not work:
            raise ValueError(f"two jobs are called {kind}")
        KINDS[kind] = Kind(kind, label, work)
        return work

    return keep


def kind_of(name: str) -> Kind:
    return KINDS[name]
