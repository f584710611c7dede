"""Facility standards that a county has taken on, and what each institution answers to their items."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opencmc.apps.network.models.institutions import Institution

RESULTS = {"met": _("达到"), "not_met": _("未达到"), "unknown": _("未知")}


class AdoptedStandard(models.Model):
    """A table of a pack that binds this county from a day on."""

    pack = models.CharField(max_length=60)
    entry_id = models.CharField(max_length=120)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "entry_id"], condition=Q(end__isnull=True), name="one_open_adoption"
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="adoption_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack}:{self.entry_id}"


class StandardAnswer(models.Model):
    """Since when an item is met or not met, and what shows it. Earlier answers stay: the latest ``since`` holds."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="standard_answers")
    pack = models.CharField(max_length=60)
    entry_id = models.CharField(max_length=120)
    item = models.CharField(max_length=60)
    result = models.CharField(max_length=20, choices=list(RESULTS.items()))
    since = models.DateField()
    evidence = models.CharField(max_length=400, blank=True)
    answered_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "pack", "entry_id", "item", "since"], name="one_answer_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.entry_id}.{self.item} {self.result}"
