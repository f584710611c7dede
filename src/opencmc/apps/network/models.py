"""Institutions, dated memberships and townships, published from the lake so that pages read only the database."""

from __future__ import annotations

from django.db import models


class Institution(models.Model):
    institution_id = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=20, db_index=True)
    kind = models.CharField(max_length=40)
    region = models.CharField(max_length=6)
    township = models.CharField(max_length=9, blank=True)
    attached_to = models.CharField(max_length=60, blank=True, db_index=True)
    open_beds = models.IntegerField(null=True)
    opened = models.DateField(null=True)
    closed = models.DateField(null=True)

    def __str__(self) -> str:
        return self.short_name or self.name


class Membership(models.Model):
    community_id = models.CharField(max_length=60)
    community_name = models.CharField(max_length=200)
    community_kind = models.CharField(max_length=20)
    institution_id = models.CharField(max_length=60, db_index=True)
    role = models.CharField(max_length=20)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "institution_id", "start"], name="one_membership_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.role} {self.community_id} {self.start}"


class Township(models.Model):
    """A township with its name and its place on the schematic map (``None``: not on it)."""

    code = models.CharField(max_length=9, primary_key=True)
    name = models.CharField(max_length=100)
    column = models.IntegerField(null=True)
    row = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name
