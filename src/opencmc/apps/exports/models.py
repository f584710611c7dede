"""How far each source of daily work has gone into the lake."""

from __future__ import annotations

from django.db import models


class Mark(models.Model):
    """``reached``: the last serial of a source that is in the lake."""

    source = models.CharField(max_length=40, primary_key=True)
    reached = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source} {self.reached}"


class ExportedResident(models.Model):
    """The version of a resident that is in the lake."""

    resident_id = models.CharField(max_length=60, primary_key=True)
    version = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.resident_id} {self.version}"
