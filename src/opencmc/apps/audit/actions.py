"""Writes of the audit slice: verifications, and their seals."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import DatabaseError
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.contracts import Fault, Verdict
from opencmc.apps.audit.models import Verification
from opencmc.apps.audit.seals import seal
from opencmc.apps.audit.trail import audited
from opencmc.apps.audit.verifying import Progress, verify
from opencmc.base.errors import DataError

#: Faults that are kept with a verification; the page shows them.
KEPT = 100
_STEP = 0.02


def begin_verification(actor: Actor) -> int:
    """A row for a verification that is about to run; its number."""
    with audited(actor) as trail:
        row = Verification.objects.create(started=actor.at, actor=actor.holder.username)
        trail.add("audit.verify", object_=f"verification:{row.pk}")
    return row.pk


def run_verification(
    number: int, at: datetime, *, since: datetime | None = None, progress: Progress | None = None
) -> Verdict:
    """Verify, keep what was found in the row ``number``, and seal what is whole. Running it again changes nothing else."""
    shown = 0.0

    def report(step: str, share: float) -> None:
        nonlocal shown
        if share - shown >= _STEP:
            shown = share
            Verification.objects.filter(pk=number).update(share_done=share)
        if progress:
            progress(step, share)

    verdict = verify(since=since, progress=report)
    Verification.objects.filter(pk=number).update(
        share_done=1,
        lines=verdict.lines,
        whole=verdict.whole,
        problems=verdict.problems,
        findings=[asdict(fault) for fault in verdict.faults[:KEPT]],
    )
    if verdict.whole:
        seal(why="verify", at=at)
    return verdict


def verify_now(actor: Actor, *, since: datetime | None = None, progress: Progress | None = None) -> Verdict:
    """Verify at once and keep the result. A database that no longer takes the line of it is told as a fault of its own."""
    try:
        return run_verification(begin_verification(actor), actor.at, since=since, progress=progress)
    except DatabaseError as error:
        verdict = verify(since=since, progress=progress)
        text = _("数据库不接受新的审计行，这次核验没有留下记录（%(error)s）") % {"error": str(error).splitlines()[0]}
        verdict.faults.insert(0, Fault("refused", None, None, "", "", "", text))
        verdict.problems += 1
        return verdict


def seal_at_start(at: datetime) -> str:
    """Seal when a server starts. Refused with a key that is not of this database: nothing may be signed with it.

    A lane whose end was tampered with is told in the sentence that is returned ("": all is well) and does not keep the
    pages from opening: care goes on.
    """
    try:
        seal(why="start", at=at)
    except DataError as error:
        return str(error)
    return ""
