"""Residents, what they are found by, who cares for them, their households and grid areas, and what changed.

Identifiers (ID number, telephone, health-card code, the mother's ID number) are sealed (see ``sealing``): the database
holds ciphertext, and beside it a blind index by which an equal value is found.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from opencmc.apps.residents.words import CONFLICT_STATES, ID_TYPES, INSURANCE, RELATION_KINDS, SEXES, SOURCES


class GridArea(models.Model):
    """A grid area (网格片区): a part of a township with the institution and the team that answer for it."""

    name = models.CharField("网格片区", max_length=100)
    township = models.CharField("乡镇", max_length=9, db_index=True)
    village = models.CharField("村", max_length=12, blank=True)
    institution_id = models.CharField("责任机构", max_length=60, db_index=True)
    team = models.CharField("责任团队", max_length=100, blank=True)
    version = models.IntegerField(default=1)
    is_closed = models.BooleanField("已撤销", default=False)

    class Meta:
        ordering = ["township", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["township", "name"], condition=Q(is_closed=False), name="one_open_grid_a_name"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="grid_version_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """People who live together. The head is one of them."""

    household_id = models.CharField("户编号", max_length=60, primary_key=True)
    address = models.CharField("住址", max_length=200, blank=True)
    grid = models.ForeignKey(GridArea, null=True, blank=True, on_delete=models.SET_NULL, related_name="households")
    head = models.ForeignKey("Resident", null=True, blank=True, on_delete=models.SET_NULL, related_name="heads")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(version__gt=0), name="household_version_positive")]

    def __str__(self) -> str:
        return self.household_id


class Resident(models.Model):
    """One person. ``version`` counts the writes; ``kept_fields`` are those that daily work has changed, which publishing
    from the lake leaves as they are. ``id_conflict`` marks an entry whose ID number another entry holds already."""

    resident_id = models.CharField("居民编号", max_length=60, primary_key=True)
    version = models.IntegerField(default=1)
    name = models.CharField("姓名", max_length=100, blank=True)
    name_initials = models.CharField("姓名拼音首字母", max_length=100, blank=True)
    sex = models.CharField("性别", max_length=1, choices=list(SEXES.items()), default="0")
    birth_date = models.DateField("出生日期")
    birth_is_estimated = models.BooleanField("出生日期为估计", default=False)
    death_date = models.DateField("死亡日期", null=True, blank=True)
    township = models.CharField("乡镇", max_length=9, blank=True)
    village = models.CharField("村", max_length=12, blank=True)
    address = models.CharField("住址", max_length=200, blank=True)
    grid = models.ForeignKey(GridArea, null=True, blank=True, on_delete=models.SET_NULL, related_name="residents")
    household = models.ForeignKey(Household, null=True, blank=True, on_delete=models.SET_NULL, related_name="people")
    institution_id = models.CharField("责任机构", max_length=60, blank=True)
    team = models.CharField("责任团队", max_length=100, blank=True)
    programmes = models.CharField("健康管理项目", max_length=200, blank=True)
    insurance_type = models.CharField("险种", max_length=10, blank=True, choices=list(INSURANCE.items()))
    insured_region = models.CharField("参保地", max_length=6, blank=True)
    id_type = models.CharField("证件类型", max_length=20, choices=list(ID_TYPES.items()), default="none")
    id_sealed = models.BinaryField("证件号码", null=True)
    id_index = models.CharField(max_length=32, null=True)
    id_conflict = models.CharField("证件冲突", max_length=20, blank=True, choices=list(CONFLICT_STATES.items()))
    no_id_reason = models.CharField("没有证件的缘由", max_length=200, blank=True)
    phone_sealed = models.BinaryField("电话", null=True)
    phone_index = models.CharField(max_length=32, null=True)
    card_sealed = models.BinaryField("健康卡", null=True)
    card_index = models.CharField(max_length=32, null=True)
    mother = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, db_index=False, related_name="children"
    )
    mother_sealed = models.BinaryField("母亲证件号码", null=True)
    mother_index = models.CharField(max_length=32, null=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="merged"
    )
    source = models.CharField("来源", max_length=20, choices=list(SOURCES.items()), default="entered")
    kept_fields = models.JSONField("本系统修改过的字段", default=list)
    lake_digest = models.BinaryField(null=True)
    changed_at = models.DateTimeField("最近修改", null=True)
    changed_by = models.CharField("最近修改人", max_length=150, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["institution_id", "name", "resident_id"], name="resident_of_institution"),
            models.Index(fields=["id_index"], name="resident_by_id"),
            models.Index(fields=["phone_index"], name="resident_by_phone"),
            models.Index(fields=["card_index"], condition=Q(card_index__isnull=False), name="resident_by_card"),
            models.Index(fields=["mother"], condition=Q(mother__isnull=False), name="resident_by_mother"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="resident_merged"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(version__gt=0), name="resident_version_positive"),
            models.CheckConstraint(
                condition=Q(death_date__isnull=True) | Q(death_date__gte=F("birth_date")), name="death_not_before_birth"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("resident_id")), name="not_merged_into_itself"
            ),
            # A second living entry with the same ID number exists only as a stated conflict, which stands on the review list.
            models.UniqueConstraint(
                fields=["id_index"],
                condition=Q(merged_into__isnull=True, id_conflict="", id_index__isnull=False),
                name="one_living_entry_an_id",
            ),
            models.CheckConstraint(
                condition=Q(id_sealed__isnull=True, id_index__isnull=True)
                | Q(id_sealed__isnull=False, id_index__isnull=False),
                name="id_sealed_and_indexed",
            ),
        ]

    def __str__(self) -> str:
        return self.resident_id


class SearchKey(models.Model):
    """What a resident is found by: a byte that says the kind, then the UTF-8 text (names, initials) or a blind index
    (tails). Bytes compare alike on every engine, so a prefix is a range. The responsible institution stands beside it, so
    that most of a reach is decided in the index alone. Derived from the resident, and made anew."""

    pk = models.CompositePrimaryKey("key", "resident_id", "institution_id")
    key = models.BinaryField(max_length=120)
    resident = models.ForeignKey(
        Resident, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="search_keys"
    )
    institution_id = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["resident", "key"], name="search_keys_of")]

    def __str__(self) -> str:
        return str(self.resident_id)


class CareRelation(models.Model):
    """Why an institution may open a record: it is responsible, holds a contract, or has treated. ``[start, end)``."""

    resident = models.ForeignKey(
        Resident, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="relations"
    )
    institution_id = models.CharField("机构", max_length=60)
    kind = models.CharField("关系", max_length=20, choices=list(RELATION_KINDS.items()))
    start = models.DateField("起")
    end = models.DateField("止（不含）", null=True, blank=True)
    from_lake = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resident", "institution_id", "kind"], name="one_relation_a_kind"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="relation_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["institution_id", "resident", "end"], name="relation_of_institution")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.institution_id} {self.kind}"


class ResidentChange(models.Model):
    """One write to a resident: which fields, old and new. Identifiers stand here by name only, never with their value."""

    resident = models.ForeignKey(Resident, on_delete=models.CASCADE, related_name="changes")
    version = models.IntegerField()
    at = models.DateTimeField("时间")
    actor = models.CharField("操作人", max_length=150)
    fields = models.JSONField("改动")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resident", "version"], name="one_change_a_version")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.version}"


class PublishDifference(models.Model):
    """The lake says otherwise than a field that daily work has changed. The field stays; the difference waits for a person."""

    resident = models.ForeignKey(Resident, on_delete=models.CASCADE, related_name="differences")
    field = models.CharField("字段", max_length=40)
    here = models.CharField("本系统", max_length=200, blank=True)
    lake = models.CharField("数据湖", max_length=200, blank=True)
    known_at = models.DateTimeField("掌握于")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resident", "field"], name="one_difference_a_field")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.field}"


class PublishedResidents(models.Model):
    """What was last published from the lake: nothing is read again while the lake's tables are the same."""

    home = models.CharField(max_length=200, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    known_at = models.DateTimeField()
    published_at = models.DateTimeField()
    residents = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.home} {self.known_at:%Y-%m-%d %H:%M}"


class ImportRun(models.Model):
    """One import of a file: what was read, what went in, and the rows that did not (sealed, for who imported them)."""

    content = models.CharField("内容摘要", max_length=64)
    file_name = models.CharField("文件名", max_length=200)
    mode = models.CharField("方式", max_length=20)
    on_match = models.CharField("已有居民", max_length=20)
    institution_id = models.CharField("机构", max_length=60, blank=True)
    at = models.DateTimeField("时间")
    actor = models.CharField("操作人", max_length=150)
    read = models.IntegerField("读到")
    created_count = models.IntegerField("新建", default=0)
    updated_count = models.IntegerField("更新", default=0)
    skipped_count = models.IntegerField("跳过", default=0)
    refused_count = models.IntegerField("不收", default=0)
    problems = models.JSONField("问题", default=list)
    refused_rows = models.BinaryField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["content", "mode", "on_match", "actor"], name="one_run_a_file"),
            models.CheckConstraint(
                condition=Q(read=F("created_count") + F("updated_count") + F("skipped_count") + F("refused_count")),
                name="import_accounts_for_all_rows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d %H:%M}"


from opencmc.apps.residents.merging_models import GridVillage, MatchedEntry, MergeRecord, ReviewPair  # noqa: E402, F401
