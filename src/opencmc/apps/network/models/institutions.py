"""Institutions, what they are called and offer, and their dated places: memberships and attachments."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

NAME_KINDS = {"first": _("第一名称"), "plate": _("加挂牌子"), "former": _("曾用名")}
SERVICE_KINDS = {
    "area": _("科室与功能区"),
    "treats": _("服务清单（能诊治的病种）"),
    "offers": _("服务清单（提供的项目）"),
}


def _ends_later(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name=name)


class Institution(models.Model):
    """``attached_to`` is what the register of institutions says; dated attachments stand in :class:`Attachment`.
    ``version`` rises with each edit, so that of two people who edit at once the second is told."""

    institution_id = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=20, db_index=True)
    kind = models.CharField(max_length=40)
    region = models.CharField(max_length=6)
    township = models.CharField(max_length=9, blank=True, db_index=True)
    attached_to = models.CharField(max_length=60, blank=True, db_index=True)
    open_beds = models.IntegerField(null=True)
    opened = models.DateField(null=True)
    closed = models.DateField(null=True)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.short_name or self.name


class InstitutionName(models.Model):
    """A name for a time: the first name stays, a plate is added beside it (第一名称不变、加挂牌子)."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="names")
    kind = models.CharField(max_length=20, choices=list(NAME_KINDS.items()))
    text = models.CharField(max_length=200)
    start = models.DateField()
    end = models.DateField(null=True)
    decision = models.ForeignKey("network.Decision", on_delete=models.PROTECT, null=True, related_name="names")

    class Meta:
        ordering = ["kind", "start", "id"]
        constraints = [
            _ends_later("name_ends_after_start"),
            models.UniqueConstraint(fields=["institution", "kind", "text", "start"], name="one_name_a_start"),
        ]

    def __str__(self) -> str:
        return self.text


class InstitutionService(models.Model):
    """What an institution has or does for a time: an area (两部一馆一专区), a disease it is listed to treat, a service."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="services")
    kind = models.CharField(max_length=20, choices=list(SERVICE_KINDS.items()))
    code = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        ordering = ["kind", "code", "start"]
        constraints = [
            _ends_later("service_ends_after_start"),
            models.UniqueConstraint(fields=["institution", "kind", "code", "start"], name="one_service_a_start"),
            models.UniqueConstraint(
                fields=["institution", "kind", "code"], condition=Q(end__isnull=True), name="one_open_service"
            ),
        ]
        indexes = [models.Index(fields=["kind", "code"], name="service_by_code")]

    def __str__(self) -> str:
        return self.label


class Membership(models.Model):
    """A role in a community, ``[start, end)``. That nothing overlaps is held by the database (``constraints.py``)."""

    community_id = models.CharField(max_length=60)
    community_name = models.CharField(max_length=200)
    community_kind = models.CharField(max_length=20)
    institution_id = models.CharField(max_length=60, db_index=True)
    role = models.CharField(max_length=20)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "institution_id", "start"], name="one_membership_a_day"),
            _ends_later("membership_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.role} {self.community_id} {self.start}"


class Attachment(models.Model):
    """A branch, clinic or centre is attached to one institution at a time, ``[start, end)``."""

    institution_id = models.CharField(max_length=60)
    attached_to = models.CharField(max_length=60, db_index=True)
    kind = models.CharField(max_length=20)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution_id", "start"], name="one_attachment_a_start"),
            _ends_later("attachment_ends_after_start"),
            models.CheckConstraint(condition=~Q(institution_id=F("attached_to")), name="attached_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} → {self.attached_to} {self.start}"


class Township(models.Model):
    """A township with its name and its place on the schematic map (``None``: not on it)."""

    code = models.CharField(max_length=9, primary_key=True)
    name = models.CharField(max_length=100)
    column = models.IntegerField(null=True)
    row = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name
