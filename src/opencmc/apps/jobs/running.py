"""One attempt at a job, in a worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks import TaskContext, task

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.audit.api import audited
from opencmc.apps.jobs.models import Job, JobStep
from opencmc.apps.jobs.registry import kind_of
from opencmc.apps.jobs.states import DONE, FAILED, OPEN, RUNNING, WAITING
from opencmc.apps.notices.api import notify
from opencmc.base.errors import OpenCMCError

#: Attempts before a job that fails by a fault is given up; a killed worker costs one as well.
ATTEMPTS = 5


class JobRun:
    """What a job's function works with: in whose name, how far, and which steps were done before."""

    def __init__(self, job: Job, actor: Actor) -> None:
        self.job_id, self.actor = job.pk, actor
        self._shown: tuple[int, str] = (-1, "")

    def progress(self, done: int, total: int, step: str = "") -> None:
        """Shown on the page; written when it changed by a hundredth."""
        share = 100 * done // total if total else 0
        if (share, step) != self._shown:
            self._shown = (share, step)
            Job.objects.filter(pk=self.job_id).update(done=done, total=total, step=step[:200])

    def lead_to(self, href: str) -> None:
        """The page on which the result stands."""
        Job.objects.filter(pk=self.job_id).update(href=href)

    @contextmanager
    def step(self, name: str) -> Iterator[bool]:
        """A part that is done once: True when it is to be done now. It and its mark are one transaction, so a worker
        killed in between leaves neither, and another attempt at the same moment waits and then passes it by."""
        with transaction.atomic():
            _row, fresh = JobStep.objects.get_or_create(job_id=self.job_id, name=name)
            yield fresh


@task(takes_context=True)
def run_job(context: TaskContext, job_id: int) -> str:
    """Runs a job. A refusal ends it, with its sentence; a fault is raised again and the queue tries once more."""
    result = context.task_result
    at = result.last_attempted_at
    job = Job.objects.filter(pk=job_id, queued_as=result.id).first()
    if job is None or job.state not in OPEN:
        return ""  # finished, or started anew under another number
    actor = Actor(_holder(job), at, "", job.day)
    mine = Job.objects.filter(pk=job_id, queued_as=result.id)
    mine.update(state=RUNNING, attempts=context.attempt, started_at=at, error="")
    finished = False
    try:
        outcome = kind_of(job.kind).work(JobRun(job, actor), **job.arguments)
        _end(job, actor, DONE, outcome=outcome)
        finished = True
    except OpenCMCError as refusal:
        _end(job, actor, FAILED, error=str(refusal))
        finished = True
    finally:
        if not finished:
            _fault(mine, context.attempt)
    return job.kind


def _holder(job: Job) -> Holder:
    """In whose name it runs: the person in the post, or the service with its narrowed rights, of when it was started."""
    narrowed = None if job.actions is None else frozenset(job.actions)
    return Holder(
        job.username, job.holder_name, job.role, job.unit_kind, job.unit_id, job.post_id, job.is_service, narrowed
    )


def _end(job: Job, actor: Actor, state: str, **said: str) -> None:
    told: dict[str, Any] = {name: text[:400] for name, text in said.items()}
    with audited(actor) as trail:
        changed = Job.objects.filter(pk=job.pk, queued_as=job.queued_as, state__in=OPEN).update(
            state=state, finished_at=actor.at, **told
        )
        trail.add(f"jobs.{state}", object_=f"job:{job.pk} {job.kind}")
        if changed:
            text = _("后台任务“%(label)s”已完成") if state == DONE else _("后台任务“%(label)s”没有完成")
            notify(actor, to_username=job.username, text=text % {"label": job.label}, href="/jobs/")


def _fault(mine: Any, attempt: int) -> None:
    """A fault of the program: its traceback goes to the log; the page says what that means for the reader."""
    if attempt < ATTEMPTS:
        mine.update(state=WAITING, error=_("第 %(n)s 次没有成功，稍后自动再试。") % {"n": attempt})
    else:
        mine.update(state=FAILED, error=given_up())


def given_up() -> str:
    return _("系统出了故障，试了几次都没有成功。故障已写入服务器日志；可以重试，仍不行请告诉系统管理员。")
