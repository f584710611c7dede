"""One line a write and a view of a person's record; the heads of the lanes; what verifications found.

Lines are appended by ``trail`` alone and never changed: the database itself refuses it (see ``engine``).
"""

from __future__ import annotations

from django.db import models

from opencmc.apps.audit.encoding import LANES, VERSION, lane_of, serial_of
from opencmc.base.errors import Refused


class AuditLine(models.Model):
    """``id`` is the line's place: its lane and its serial there (see ``encoding``)."""

    id = models.BigIntegerField("位置", primary_key=True)
    at = models.DateTimeField("时间")
    actor = models.CharField("操作人", max_length=150)
    role = models.CharField("角色", max_length=40, blank=True)
    unit = models.CharField("单位", max_length=80, blank=True)
    action = models.CharField("操作", max_length=80)
    object = models.CharField("对象", max_length=200, blank=True)
    resident_id = models.CharField("居民", max_length=60, blank=True)
    purpose = models.CharField("目的", max_length=20, blank=True)
    reason = models.CharField("缘由", max_length=400, blank=True)
    address = models.CharField("来源地址", max_length=60, blank=True)
    version = models.PositiveSmallIntegerField("编码版本", default=VERSION)
    previous = models.BinaryField("前一行的摘要", max_length=32)
    digest = models.BinaryField("摘要", max_length=32)

    class Meta:
        ordering = ["-at", "-id"]
        # Every index ends in the order of the pages, so that a page costs the same however long the history.
        indexes = [
            models.Index(fields=["at", "id"], name="audit_time"),
            models.Index(fields=["actor", "at", "id"], name="audit_actor"),
            models.Index(fields=["unit", "at", "id"], name="audit_unit"),
            models.Index(fields=["action", "at", "id"], name="audit_action"),
            models.Index(
                fields=["resident_id", "at", "id"], name="audit_resident", condition=~models.Q(resident_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.object}"

    @property
    def lane(self) -> int:
        return lane_of(self.pk)

    @property
    def serial(self) -> int:
        return serial_of(self.pk)

    def save(self, *args, **kwargs) -> None:
        raise Refused("审计记录只能由审计追加，不能修改。")

    def delete(self, *args, **kwargs):
        raise Refused("审计记录不能删除。")


class LaneHead(models.Model):
    """The last line of a lane: what the next one is chained to. Locked last in a transaction."""

    lane = models.PositiveSmallIntegerField("链道", primary_key=True)
    serial = models.BigIntegerField("最后一行的序号")
    digest = models.BinaryField("最后一行的摘要", max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(lane__lte=LANES), name="audit_known_lane")]

    def __str__(self) -> str:
        return f"{self.lane}: {self.serial}"


class Verification(models.Model):
    """One verification of the chain and what it found. ``whole`` is unknown until it is done."""

    started = models.DateTimeField("开始")
    actor = models.CharField("核验人", max_length=150)
    share_done = models.FloatField("进度", default=0)
    lines = models.BigIntegerField("核验行数", default=0)
    whole = models.BooleanField("完整", null=True)
    problems = models.PositiveIntegerField("问题数", default=0)
    findings = models.JSONField("发现", default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.started:%Y-%m-%d %H:%M} {self.whole}"

    @property
    def percent(self) -> int:
        return round(self.share_done * 100)
