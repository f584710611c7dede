"""A task, what became of it for the lake, and the intervals of follow-ups as they were published."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from opencmc.apps.tasks.kinds import KINDS
from opencmc.apps.tasks.states import LABELS, OPEN


class Task(models.Model):
    """``source`` and ``source_key`` say what it was made from; the same source never makes two. ``institution_id`` owns
    it; ``village`` (a code) is where the resident lives. ``version`` grows with every change."""

    kind = models.CharField("种类", max_length=20, choices=list(KINDS.items()))
    item = models.CharField("项目", max_length=80)
    label = models.CharField("做什么", max_length=120)
    why = models.CharField("为什么", max_length=200, blank=True)
    resident_id = models.CharField("居民", max_length=60, db_index=True)
    village = models.CharField("村", max_length=12, blank=True)
    institution_id = models.CharField("机构", max_length=60)
    assigned_to = models.CharField("交给", max_length=150, blank=True)
    since = models.DateField("起")
    due = models.DateField("应做日期")
    source = models.CharField("来源", max_length=40)
    source_key = models.CharField("来源编号", max_length=160)
    state = models.CharField("状态", max_length=10, choices=list(LABELS.items()), default=OPEN)
    outcome = models.CharField("结果", max_length=20, blank=True)
    values = models.JSONField("数值", default=dict, blank=True)
    note = models.CharField("备注", max_length=400, blank=True)
    done_on = models.DateField("完成日期", null=True)
    next_due = models.DateField("下次", null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["due", "id"]
        indexes = [
            models.Index(fields=["institution_id", "due"], condition=Q(state=OPEN), name="open_tasks_of_unit"),
        ]
        constraints = [models.UniqueConstraint(fields=["source", "source_key"], name="one_task_a_source")]

    def __str__(self) -> str:
        return f"{self.label} {self.due}"


class FinishedTask(models.Model):
    """One row for the lake: ``table`` and ``row`` (its columns, dates as text). Appended with the task's end and never
    changed; ``serial`` is given when the row is first read, so that no reader can pass one by."""

    serial = models.BigIntegerField(null=True, unique=True)
    task_id = models.BigIntegerField()
    table = models.CharField(max_length=40)
    row = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(serial__isnull=True), name="rows_without_serial")]

    def __str__(self) -> str:
        return f"{self.serial} {self.table}"


class FollowUpInterval(models.Model):
    """Days between the contacts of a programme, as the pack of the published run says."""

    programme = models.CharField(max_length=40, primary_key=True)
    days = models.PositiveIntegerField()
    recheck_days = models.PositiveIntegerField()
    standing = models.CharField(max_length=12)

    def __str__(self) -> str:
        return f"{self.programme} {self.days}"


class Filling(models.Model):
    """The runs from which tasks were filled, and what that did."""

    run_id = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()
    made = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.run_id
