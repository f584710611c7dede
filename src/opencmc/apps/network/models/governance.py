"""Who decides (bodies), what was decided, and who of public health sits with whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opencmc.apps.network.models.institutions import Institution

BODY_KINDS = {
    "committee": _("管理委员会（医管会）"), "centre": _("医管中心"), "council": _("理事会"),
    "supervisory_board": _("监事会"), "leading_group": _("领导小组"), "meeting": _("其他会议"),
}  # fmt: skip
POST_KINDS = {"commissioner": _("公共卫生专员"), "liaison": _("公共卫生联络员")}
RECORD_KINDS = {
    "meeting": _("列席会议"),
    "suggestion": _("提出建议"),
    "guidance": _("技术指导与检查"),
    "training": _("业务培训"),
}
OUTCOMES = {
    "open": _("待答复"),
    "adopted": _("已采纳"),
    "partly": _("部分采纳"),
    "declined": _("未采纳"),
    "none": _("不需答复"),
}


class GovernanceBody(models.Model):
    """``community_id`` is "" for a body of the whole county."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=list(BODY_KINDS.items()))
    community_id = models.CharField(max_length=60, blank=True)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        ordering = ["community_id", "kind", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="body_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """What a body decided. Once something rests on it, it is not changed any more; a new decision replaces it."""

    body = models.ForeignKey(GovernanceBody, on_delete=models.PROTECT, related_name="decisions")
    decided_on = models.DateField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    document_number = models.CharField(max_length=100, blank=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["body", "decided_on", "title"], name="one_decision_a_day_and_title")
        ]

    def __str__(self) -> str:
        return f"{self.decided_on} {self.title}"


class PublicHealthPost(models.Model):
    """The commissioner at a lead hospital, a liaison at a member (渝医改办 三（一）1). ``person`` is the name that the
    county gives, ``username`` the account where there is one."""

    kind = models.CharField(max_length=20, choices=list(POST_KINDS.items()))
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="public_health_posts")
    person = models.CharField(max_length=100)
    username = models.CharField(max_length=150, blank=True)
    from_unit = models.CharField(max_length=200, blank=True)
    start = models.DateField()
    end = models.DateField(null=True)

    class Meta:
        ordering = ["kind", "institution_id", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="public_health_post_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["kind", "institution", "person"], condition=Q(end__isnull=True), name="one_open_post_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.institution_id}"


class PublicHealthRecord(models.Model):
    """What a holder of such a post did: a meeting attended, a suggestion made and what came of it."""

    post = models.ForeignKey(PublicHealthPost, on_delete=models.PROTECT, related_name="records")
    kind = models.CharField(max_length=20, choices=list(RECORD_KINDS.items()))
    on = models.DateField()
    text = models.TextField()
    outcome = models.CharField(max_length=20, choices=list(OUTCOMES.items()))
    outcome_text = models.TextField(blank=True)
    outcome_on = models.DateField(null=True)
    recorded_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-on", "-id"]

    def __str__(self) -> str:
        return f"{self.on} {self.kind}"
