"""Between the pages, the lake and workbooks: the network's version, changes on their way into the lake, imports."""

from __future__ import annotations

from django.db import models


class NetworkVersion(models.Model):
    """One row. Triggers give it a new token with every write to institutions, memberships and attachments, in the same
    transaction; what a process has kept for an older token is not used any more (``constraints.py``)."""

    id = models.IntegerField(primary_key=True)
    token = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.token


class PendingLoad(models.Model):
    """Rows of one logical table that daily work wrote and the lake gets as one load. ``change`` names the load for
    ever; ``load`` is its number once the lake has it."""

    change = models.CharField(max_length=32, unique=True)
    table = models.CharField(max_length=20)
    rows = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    load = models.IntegerField(null=True, db_index=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.table} {self.change}"


class UnpublishedRow(models.Model):
    """A row of the lake that contradicts others and is therefore not part of the published network, with the reason."""

    table = models.CharField(max_length=20)
    row = models.JSONField()
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.reason


class ImportDraft(models.Model):
    """A workbook that was read and waits for its reader to say: take the good rows, or none."""

    name = models.CharField(max_length=200)
    content = models.JSONField()
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
