"""What is kept of merges, of pairs that may be one person, and of the villages of a grid area.

A merge is not a deletion: both rows stay, the merged one names the kept one in ``merged_into``, and :class:`MergeRecord`
holds everything that the merge has changed, so that it can be taken back.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

PAIR_STATES = {"open": _("待核对"), "later": _("以后再看"), "same": _("同一人"), "different": _("不是同一人")}
PAIR_SOURCES = {"matching": _("全库比对"), "entered": _("登记时发现"), "conflict": _("证件冲突")}


class MergeRecord(models.Model):
    """``merged`` went into ``kept`` at ``at``. ``snapshot``: both rows as they were (sealed values stay sealed);
    ``moved``: what the merge changed, by place. ``undone_at`` is set when it was taken back."""

    kept = models.ForeignKey("residents.Resident", on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey("residents.Resident", on_delete=models.PROTECT, related_name="merged_by")
    at = models.DateTimeField("时间")
    actor = models.CharField("操作人", max_length=150)
    reason = models.CharField("理由", max_length=400)
    cautions = models.JSONField("已确认的提醒", default=list)
    snapshot = models.JSONField("合并前")
    moved = models.JSONField("改动")
    kept_version = models.IntegerField("合并后的版本")
    undone_at = models.DateTimeField("拆分时间", null=True)
    undone_by = models.CharField("拆分人", max_length=150, blank=True)
    undone_reason = models.CharField("拆分理由", max_length=400, blank=True)
    left_over = models.JSONField("拆分后留在原处的", default=list)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at__isnull=True), name="one_open_merge"),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="no_merge_with_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"


class ReviewPair(models.Model):
    """Two entries that may be one person. ``left_digest`` and ``right_digest`` stand for the compared fields as they
    were when the pair was found; a decided pair opens again only when one of them is another."""

    left = models.ForeignKey("residents.Resident", on_delete=models.CASCADE, related_name="pairs_left")
    right = models.ForeignKey("residents.Resident", on_delete=models.CASCADE, related_name="pairs_right")
    left_digest = models.CharField(max_length=32)
    right_digest = models.CharField(max_length=32)
    probability = models.IntegerField("是同一人的概率（百万分之一）")
    decision = models.CharField("机器判断", max_length=12)
    rule = models.CharField("依据", max_length=40, blank=True)
    reasons = models.JSONField("逐项理由", default=list)
    source = models.CharField("来源", max_length=12, choices=list(PAIR_SOURCES.items()), default="matching")
    state = models.CharField("状态", max_length=10, choices=list(PAIR_STATES.items()), default="open")
    found_at = models.DateTimeField("发现时间")
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.CharField("决定人", max_length=150, blank=True)
    why = models.CharField("理由", max_length=400, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        ordering = ["-probability", "id"]
        indexes = [
            models.Index(fields=["-probability", "id"], condition=Q(state="open"), name="open_pairs"),
            models.Index(fields=["right"], name="pairs_of_right"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="one_row_a_pair"),
            models.CheckConstraint(condition=~Q(left=F("right")), name="a_pair_is_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} – {self.right_id}"


class MatchedEntry(models.Model):
    """The compared fields of a resident when they were last matched against all: who is unchanged need not be again."""

    resident = models.OneToOneField(
        "residents.Resident", primary_key=True, on_delete=models.CASCADE, related_name="matched"
    )
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return str(self.resident_id)


class GridVillage(models.Model):
    """A village of a grid area. A village lies in one grid area at most."""

    village = models.CharField("村", max_length=12, primary_key=True)
    grid = models.ForeignKey("residents.GridArea", on_delete=models.CASCADE, related_name="villages")

    def __str__(self) -> str:
        return self.village
