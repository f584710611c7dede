"""One line a write and a view of a person's record. Lines are appended and never changed or removed."""

from __future__ import annotations

from django.db import models

from opencmc.base.errors import Refused


class AuditLine(models.Model):
    at = models.DateTimeField("时间", db_index=True)
    actor = models.CharField("操作人", max_length=150)
    role = models.CharField("角色", max_length=40, blank=True)
    unit = models.CharField("单位", max_length=80, blank=True)
    action = models.CharField("操作", max_length=80)
    object = models.CharField("对象", max_length=200, blank=True)
    resident_id = models.CharField("居民", max_length=60, blank=True, db_index=True)
    purpose = models.CharField("目的", max_length=20, blank=True)
    reason = models.CharField("缘由", max_length=400, blank=True)
    address = models.CharField("来源地址", max_length=60, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.object}"

    def save(self, *args, **kwargs) -> None:
        if self.pk is not None:
            raise Refused("审计记录只能追加，不能修改。")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise Refused("审计记录不能删除。")
