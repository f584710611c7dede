"""A notice to one person, or to whoever holds a role at a unit; and who has read it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """Addressed either to ``to_username`` or to ``to_role`` at ``unit_id`` ("" = wherever the role is held)."""

    to_username = models.CharField("给谁", max_length=150, blank=True, db_index=True)
    to_role = models.CharField("给哪个角色", max_length=40, blank=True)
    unit_id = models.CharField("在哪个单位", max_length=60, blank=True)
    text = models.CharField("内容", max_length=300)
    href = models.CharField("打开", max_length=300, blank=True)
    at = models.DateTimeField("时间", db_index=True)
    sent_by = models.CharField("由谁引起", max_length=150)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["to_role", "unit_id"])]
        constraints = [
            models.CheckConstraint(
                condition=(Q(to_username="") & ~Q(to_role="")) | (~Q(to_username="") & Q(to_role="", unit_id="")),
                name="notice_has_one_addressee",
            )
        ]

    def __str__(self) -> str:
        return self.text


class NoticeRead(models.Model):
    """One reader of one notice: a notice to a role is read by each of its holders for themselves."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reads")
    username = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "username"], name="a_notice_is_read_once")]

    def __str__(self) -> str:
        return f"{self.username} {self.notice_id}"
