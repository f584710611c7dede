"""What is kept of accounts: posts, sign-in rules, browsers signed in, emergency access, and accounts of machines.

The person is Django's ``User``; :class:`Account` holds what Django does not know about it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from opencmc.apps.access.api import ROLES, UNIT_KINDS, role_label

ROLE_CHOICES = [(role.id, role.label) for role in ROLES.values()]


class Account(models.Model):
    """Beside the user: who changed it last (``version`` guards against two managers at once), whether the password must
    be changed, until when a one-time code opens, and the failures of the second factor."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="account"
    )
    version = models.PositiveIntegerField("版本", default=1)
    initials = models.CharField("姓名拼音首字母", max_length=60, blank=True, db_index=True)
    must_change = models.BooleanField("须改密码", default=False)
    code_until = models.DateTimeField("一次性密码有效至", null=True, blank=True)
    password_at = models.DateTimeField("密码设于", null=True, blank=True)
    blocked_at = models.DateTimeField("停用于", null=True, blank=True)
    blocked_because = models.CharField("停用缘由", max_length=200, blank=True)
    changed_at = models.DateTimeField("上次修改", null=True, blank=True)
    changed_by = models.CharField("修改人", max_length=150, blank=True)
    changed_what = models.CharField("修改内容", max_length=200, blank=True)
    factor_failures = models.PositiveSmallIntegerField("两步验证连续失败", default=0)
    factor_failed_at = models.DateTimeField("两步验证上次失败", null=True, blank=True)

    def __str__(self) -> str:
        return self.user.get_username()


class Post(models.Model):
    """``[start, end)``; without an end it is open. One person may hold several and works in one of them at a time.

    The database refuses two posts of one person in one role at one unit on one day (``constraints``).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    role = models.CharField("角色", max_length=40, choices=ROLE_CHOICES)
    unit_kind = models.CharField("单位类别", max_length=20, choices=list(UNIT_KINDS.items()), default="county")
    unit_id = models.CharField("单位编号", max_length=60, blank=True)
    start = models.DateField("起")
    end = models.DateField("止（不含）", null=True, blank=True)
    is_demonstration = models.BooleanField("演示账号", default=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["unit_kind", "unit_id"], name="posts_of_a_unit")]
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="post_ends_after_start"),
            models.UniqueConstraint(fields=["user", "role", "unit_kind", "unit_id", "start"], name="one_post_a_start"),
        ]

    def __str__(self) -> str:
        return f"{role_label(self.role)} {self.unit_id}"


class RecoveryCode(models.Model):
    """One code that stands in for the second factor once. Only its SHA-256 is kept: the code itself has 80 random bits."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]

    def __str__(self) -> str:
        return f"{self.user_id}"


class BrowserSession(models.Model):
    """A browser that is or was signed in: since when, last seen, from where, and how it ended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browsers")
    key = models.CharField(max_length=40, unique=True)
    browser = models.CharField("浏览器", max_length=60)
    address = models.CharField("来源地址", max_length=60, blank=True)
    since = models.DateTimeField("登录于")
    last_seen = models.DateTimeField("最近使用")
    ended_at = models.DateTimeField("结束于", null=True, blank=True)
    ended_why = models.CharField("结束原因", max_length=20, blank=True)

    class Meta:
        ordering = ["-last_seen"]

    def __str__(self) -> str:
        return f"{self.browser} {self.since:%Y-%m-%d %H:%M}"


class BreakGlass(models.Model):
    """An emergency look at a record beyond the holder's reach, until ``until``, to be reviewed by somebody else.

    ``about`` is how the opener's page named the resident (masked); the record itself stands in ``residents``.
    """

    resident_id = models.CharField("居民", max_length=60, db_index=True)
    about = models.CharField("居民（遮蔽）", max_length=80, blank=True)
    holder = models.CharField("打开人", max_length=150, db_index=True)
    holder_name = models.CharField("姓名", max_length=150)
    role = models.CharField("角色", max_length=40)
    unit_kind = models.CharField("单位类别", max_length=20)
    unit_id = models.CharField("单位编号", max_length=60, blank=True, db_index=True)
    reason = models.CharField("理由", max_length=400)
    at = models.DateTimeField("打开于")
    until = models.DateTimeField("有效至")
    reviewed_by = models.CharField("复核人", max_length=150, blank=True)
    reviewed_at = models.DateTimeField("复核于", null=True, blank=True)
    outcome = models.CharField(
        "复核结论", max_length=20, blank=True, choices=[("justified", "属实合理"), ("unjustified", "不合理")]
    )
    note = models.CharField("复核说明", max_length=400, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="") | (~Q(reviewed_by="") & Q(reviewed_at__isnull=False)),
                name="a_review_has_a_reviewer",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="break_glass_has_time"),
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.at:%Y-%m-%d %H:%M}"


class ServiceAccount(models.Model):
    """Another system: some actions of a stated role at a unit, until a day."""

    slug = models.SlugField("标识", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80, unique=True)
    role = models.CharField("角色", max_length=40)
    unit_kind = models.CharField("单位类别", max_length=20)
    unit_id = models.CharField("单位编号", max_length=60, blank=True)
    actions = models.JSONField("允许的操作")
    expires = models.DateField("止（不含）")
    blocked_at = models.DateTimeField("停用于", null=True, blank=True)
    made_at = models.DateTimeField("开设于")
    made_by = models.CharField("开设人", max_length=150)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ServiceToken(models.Model):
    """A token as SHA-256 of its 32 random bytes' text; ``prefix`` is what a page may show of it."""

    account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="tokens")
    prefix = models.CharField("开头", max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField("发放于")
    made_by = models.CharField("发放人", max_length=150)
    until = models.DateField("止（不含）", null=True, blank=True)
    revoked_at = models.DateTimeField("作废于", null=True, blank=True)
    last_used = models.DateField("最近使用日", null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.prefix
