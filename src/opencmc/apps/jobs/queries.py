"""Reads of jobs. A person sees their own; who may see how the system runs sees all."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_ox.models import OxTask

from opencmc.apps.access.api import Actor, may, require
from opencmc.apps.jobs.contracts import JobLine
from opencmc.apps.jobs.models import Job
from opencmc.apps.jobs.states import FAILED, LABELS, OPEN, TONES
from opencmc.base.errors import Refused

#: What the queue calls a task that it will not run any more.
_GIVEN_UP = (OxTask.Status.FAILED, OxTask.Status.LOST, OxTask.Status.DISCARDED)


def seen_by(actor: Actor) -> QuerySet[Job]:
    require(actor.holder, "jobs.view")
    if may(actor.holder, "operations.view"):
        return Job.objects.all()
    return Job.objects.filter(username=actor.holder.username)


def settle(jobs: Iterable[Job]) -> None:
    """Jobs that the queue has given up without a last word (each attempt was killed) are kept as what they are."""
    open_ = {job.queued_as: job for job in jobs if job.state in OPEN and job.queued_as}
    for number in OxTask.objects.filter(pk__in=open_, status__in=_GIVEN_UP).values_list("pk", flat=True):
        open_[number].state = FAILED
        open_[number].error = _("每次做到一半都被中断，已停止自动重试。")
        Job.objects.filter(pk=open_[number].pk, queued_as=number, state__in=OPEN).update(
            state=FAILED, error=open_[number].error
        )


def lines(jobs: QuerySet[Job]) -> list[JobLine]:
    rows = list(jobs)
    settle(rows)
    return [
        JobLine(
            row.pk, row.label, row.state, str(LABELS[row.state]), TONES[row.state], row.done, row.total, row.step,
            row.outcome, row.error, row.href, row.username, row.asked_at, row.finished_at, row.attempts,
        )
        for row in rows
    ]  # fmt: skip


def access_job(actor: Actor, job_id: int, *, lock: bool = False) -> Job:
    """A job that ``actor`` may see. Refused in the same words whether it is another's or not there."""
    jobs = seen_by(actor).select_for_update() if lock else seen_by(actor)
    job = jobs.filter(pk=job_id).first()
    if job is None:
        raise Refused(_("没有这个后台任务，或者它不是您发起的"))
    settle([job])
    return job


def failed_count(actor: Actor) -> int:
    """Failed jobs that nobody has tried again, as far as ``actor`` may see."""
    settle(seen_by(actor).filter(state__in=OPEN))
    return seen_by(actor).filter(state=FAILED).count()
