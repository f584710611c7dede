"""A job as people see it, and the steps of it that are done. The queue itself is django-ox's table."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from opencmc.apps.jobs.states import LABELS, OPEN, WAITING


class Job(models.Model):
    """``key`` names what is worked on: one open job of a kind and key at a time. The columns of the holder say in whose
    name it runs."""

    kind = models.CharField("种类", max_length=60)
    key = models.CharField("对象", max_length=120, blank=True)
    label = models.CharField("名称", max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField("状态", max_length=10, choices=list(LABELS.items()), default=WAITING)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    step = models.CharField("正在做", max_length=200, blank=True)
    outcome = models.CharField("结果", max_length=400, blank=True)
    error = models.CharField("原因", max_length=400, blank=True)
    href = models.CharField("结果页面", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_as = models.UUIDField(null=True)
    username = models.CharField("发起人", max_length=150, db_index=True)
    holder_name = models.CharField(max_length=150)
    role = models.CharField(max_length=40, blank=True)
    unit_kind = models.CharField(max_length=20)
    unit_id = models.CharField(max_length=60, blank=True)
    post_id = models.BigIntegerField(null=True)
    is_service = models.BooleanField(default=False)
    actions = models.JSONField(null=True)
    asked_at = models.DateTimeField("发起时间")
    day = models.DateField(null=True)
    started_at = models.DateTimeField("开始", null=True)
    finished_at = models.DateTimeField("结束", null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(state__in=OPEN) & ~Q(key=""), name="one_open_job_a_key"
            )
        ]

    def __str__(self) -> str:
        return self.label


class JobStep(models.Model):
    """A part of a job that is done, written in the same transaction as its work: a job that runs again passes it by."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="a_step_is_done_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.name}"
