"""A post: the role in which a user works, and the unit the role is about."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from opencmc.apps.accounts.permissions import ROLES


class Post(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="post")
    role = models.CharField("角色", max_length=40, choices=list(ROLES.items()))
    unit_kind = models.CharField("单位类别", max_length=20, default="county")
    unit_id = models.CharField("单位编号", max_length=40, blank=True)
    is_demonstration = models.BooleanField("演示账号", default=False)

    def __str__(self) -> str:
        return f"{ROLES.get(self.role, self.role)} {self.unit_id}"
