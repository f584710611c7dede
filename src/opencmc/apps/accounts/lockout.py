"""Guessing passwords: django-axes counts failures in the database; here stands what they lock, until when, and the key.

Three limits, so that one bad neighbour does not shut a person out and many addresses do not open one:
a name from one address (axes), a name from anywhere, and an address over all names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited


@dataclass(frozen=True, slots=True)
class Lock:
    """Sign-in is shut until ``until``: for this "name" or for this "address"."""

    until: datetime
    of: str

    def sentence(self, at: datetime) -> str:
        minutes = max(1, -(-int((self.until - at).total_seconds()) // 60))
        clock = timezone.localtime(self.until).strftime("%H:%M")
        if self.of == "address":
            return _("这个网络地址连续多次登录失败，暂停登录到 %(clock)s（约 %(n)s 分钟）。请稍后再试；急用请联系系统管理员。") % {
                "clock": clock, "n": minutes,
            }  # fmt: skip
        return _(
            "密码连续多次不对，这个账号暂停登录到 %(clock)s（约 %(n)s 分钟）。到时再试；忘记密码或不是您本人在试，请联系本单位的账号管理人解锁或重置。"
        ) % {"clock": clock, "n": minutes}


def lock_of(username: str, address: str, at: datetime) -> Lock | None:
    """The lock on this name from this address at ``at``, or ``None``. A name that nobody has locks alike."""
    since = at - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(attempt_time__gte=since)
    named = recent.filter(username=username)
    for rows, limit, of in (
        (named.filter(ip_address=address or None), settings.AXES_FAILURE_LIMIT, "name"),
        (named, settings.SIGN_IN_FAILURES_OF_A_NAME, "name"),
        (recent.filter(ip_address=address or None), settings.SIGN_IN_FAILURES_OF_AN_ADDRESS, "address"),
    ):
        found = rows.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        if (found["failures"] or 0) >= limit:
            return Lock(found["last"] + settings.AXES_COOLOFF_TIME, of)
    return None


def locked_names(usernames: list[str], at: datetime) -> dict[str, datetime]:
    """Of these names, those with a lock from any address, and until when."""
    since = at - settings.AXES_COOLOFF_TIME
    rows = (
        AccessAttempt.objects.filter(attempt_time__gte=since, username__in=usernames)
        .values("username", "ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
    )
    totals: dict[str, int] = {}
    found: dict[str, datetime] = {}
    for row in rows:
        name = row["username"]
        totals[name] = totals.get(name, 0) + row["failures"]
        if row["failures"] >= settings.AXES_FAILURE_LIMIT or totals[name] >= settings.SIGN_IN_FAILURES_OF_A_NAME:
            until: datetime = row["last"] + settings.AXES_COOLOFF_TIME
            found[name] = max(until, found.get(name, until))
    return found


def forget_failures(username: str) -> int:
    """After a right password: what was mistyped before counts no more."""
    return AccessAttempt.objects.filter(username=username).delete()[0]


def unlock(actor: Actor, username: str) -> None:
    """Open a locked name again before its time. The caller has checked that ``actor`` manages it."""
    with audited(actor) as trail:
        forgotten = forget_failures(username)
        trail.add("unlock_account", object_=username, reason=f"{forgotten}")


def forget_old(at: datetime) -> int:
    """Failures older than a day: nothing asks for them. Called when a failure is written."""
    return AccessAttempt.objects.filter(attempt_time__lt=at - timedelta(days=1)).delete()[0]
