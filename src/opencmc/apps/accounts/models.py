"""A post: the role in which a user works, at a unit, from a day until another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from opencmc.apps.access.api import ROLES, UNIT_KINDS, role_label


class Post(models.Model):
    """``[start, end)``; without an end it is open. One person may hold several and works in one of them at a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    role = models.CharField("角色", max_length=40, choices=[(role.id, role.label) for role in ROLES.values()])
    unit_kind = models.CharField("单位类别", max_length=20, choices=list(UNIT_KINDS.items()), default="county")
    unit_id = models.CharField("单位编号", max_length=60, blank=True)
    start = models.DateField("起")
    end = models.DateField("止（不含）", null=True, blank=True)
    is_demonstration = models.BooleanField("演示账号", default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="post_ends_after_start"),
            models.UniqueConstraint(fields=["user", "role", "unit_kind", "unit_id", "start"], name="one_post_a_start"),
        ]

    def __str__(self) -> str:
        return f"{role_label(self.role)} {self.unit_id}"
