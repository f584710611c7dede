"""Which pack this installation works by."""

from __future__ import annotations

from django.db import models


class PackInUse(models.Model):
    """One row: the pack that the published figures were computed with."""

    pack = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.pack
