"""Published figures: what a run found, laid out so that no page computes over rows."""

from __future__ import annotations

from django.db import models


class Run(models.Model):
    """A run and everything a page needs to name its figures as they were defined when it ran.

    ``definitions`` maps an indicator to its label, unit, places, direction, targets …; ``periods`` lists the names of the
    periods it has figures for, by kind. ``layout_version`` says how the figures below were laid out.
    """

    run_id = models.CharField(max_length=60, primary_key=True)
    pack = models.CharField(max_length=60)
    pack_revision = models.CharField(max_length=120)
    region = models.CharField(max_length=6, blank=True)
    region_label = models.CharField(max_length=100)
    as_of = models.DateField()
    known_at = models.DateTimeField()
    published_at = models.DateTimeField(db_index=True)
    engine = models.CharField(max_length=20, blank=True)
    series_count = models.IntegerField(default=0)
    definitions = models.JSONField(default=dict)
    periods = models.JSONField(default=dict)
    layout_version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.run_id


class Series(models.Model):
    """One indicator of one unit. ``points`` is JSON text: period → [numerator, denominator, value_scaled, status, because, unplaced]."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=60)
    unit_kind = models.CharField(max_length=20)
    unit_id = models.CharField(max_length=60)
    points = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "indicator", "unit_kind", "unit_id"], name="one_series_a_unit")
        ]
        indexes = [models.Index(fields=["run", "unit_kind", "unit_id"], name="series_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_kind} {self.unit_id}"


class FlowMonth(models.Model):
    """Stays of the county's insured in a month, from a home township to an institution."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    month = models.CharField(max_length=7)
    counts = models.JSONField(default=dict)  # township → {institution → stays}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "month"], name="one_flow_a_month")]

    def __str__(self) -> str:
        return self.month


class UnplacedReasons(models.Model):
    """Rows that could not be placed for an indicator's figures: period → {reason → count}."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=60)
    unit_kind = models.CharField(max_length=20)
    reasons = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "indicator", "unit_kind"], name="unplaced_once_a_kind")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_kind}"


class LoadSummary(models.Model):
    """A load of the lake: three counts that add up, and what could not be used or placed."""

    load = models.IntegerField(primary_key=True)
    table = models.CharField(max_length=40)
    table_label = models.CharField(max_length=60)
    known_at = models.DateTimeField()
    actor = models.CharField(max_length=150, blank=True)
    read = models.IntegerField()
    accepted = models.IntegerField()
    refused = models.IntegerField()
    superseded = models.IntegerField(default=0)
    first_event = models.DateField(null=True)
    last_event = models.DateField(null=True)
    reasons = models.JSONField(default=list)  # [{reason, count, lines}]
    unplaced = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.load} {self.table_label}"
