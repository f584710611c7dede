"""Writes of jobs: start one, try a failed one again."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.jobs.models import Job
from opencmc.apps.jobs.queries import access_job, settle
from opencmc.apps.jobs.registry import kind_of
from opencmc.apps.jobs.running import run_job
from opencmc.apps.jobs.states import FAILED, OPEN, WAITING
from opencmc.base.errors import Refused


def start(actor: Actor, kind: str, *, key: str = "", label: str = "", arguments: dict[str, Any] | None = None) -> int:
    """Queue a job in the name of ``actor``; its number. The caller has checked the right to what the job does.

    A job of the same kind and ``key`` that is still open is not started twice: its number is returned. Inside an
    audited block the job is queued when that block is kept, and not at all when it is not.
    """
    holder = actor.holder
    with audited(actor) as trail:
        open_one = Job.objects.filter(kind=kind, key=key, state__in=OPEN).first() if key else None
        settle([open_one] if open_one else [])
        if open_one is not None and open_one.state in OPEN:
            trail.add("jobs.start", object_=f"job:{open_one.pk} {kind}", reason="open")
            return open_one.pk
        job = Job.objects.create(
            kind=kind, key=key, label=label or str(kind_of(kind).label), arguments=arguments or {},
            username=holder.username, holder_name=holder.name, role=holder.role, unit_kind=holder.unit_kind,
            unit_id=holder.unit_id, post_id=holder.post_id, is_service=holder.is_service,
            actions=None if holder.actions is None else sorted(holder.actions), asked_at=actor.at, day=actor.day,
        )  # fmt: skip
        _queue(job)
        trail.add("jobs.start", object_=f"job:{job.pk} {kind}")
    return job.pk


def retry(actor: Actor, job_id: int) -> None:
    """Queue a failed job again. What it had done stays done."""
    require(actor.holder, "jobs.view")
    with audited(actor) as trail:
        job = access_job(actor, job_id, lock=True)
        if job.state != FAILED:
            raise Refused(_("只有失败的任务可以重试"), possible_when=_("请刷新页面，看它现在的状态。"))
        Job.objects.filter(pk=job_id).update(state=WAITING, error="", finished_at=None, attempts=0)
        _queue(job)
        trail.add("jobs.retry", object_=f"job:{job_id} {job.kind}")


def _queue(job: Job) -> None:
    """The row in the queue and the job's number for it are written together."""
    with transaction.atomic():
        queued = run_job.enqueue(job.pk)
        Job.objects.filter(pk=job.pk).update(queued_as=queued.id)
