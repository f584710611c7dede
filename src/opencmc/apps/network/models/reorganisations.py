"""A reorganisation: several changes with one effective day, drafted, previewed, applied and, until that day, undone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from opencmc.apps.network.models.governance import Decision

STATES = {
    "draft": _("草稿"), "applied": _("已生效登记"), "undone": _("已撤销"), "discarded": _("已作废"),
}  # fmt: skip


class Reorganisation(models.Model):
    """``moved`` keeps each row that applying changed, before and after, so that undoing restores exactly these."""

    title = models.CharField(max_length=200)
    effective = models.DateField()
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="reorganisations")
    note = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=list(STATES.items()), default="draft", db_index=True)
    version = models.IntegerField(default=1)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()
    applied_by = models.CharField(max_length=150, blank=True)
    applied_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)
    undone_at = models.DateTimeField(null=True)
    moved = models.JSONField(default=list)

    class Meta:
        ordering = ["-effective", "-id"]

    def __str__(self) -> str:
        return f"{self.title} {self.effective}"


class Change(models.Model):
    """One change of a draft, in the order in which they are carried out; ``given`` are the fields of its kind."""

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.CASCADE, related_name="changes")
    position = models.IntegerField()
    kind = models.CharField(max_length=30)
    given = models.JSONField()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.kind
