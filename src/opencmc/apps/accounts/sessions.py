"""Browsers that are signed in: begun at sign-in, bounded in time, tied to the browser, ended at once from anywhere.

An ended session's row in Django's table is gone, so its cookie opens nothing at the very next request. What bounds a
living one stands in the session itself and costs no query: when it began, when it was last seen, in which browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts.models import BrowserSession
from opencmc.apps.audit.api import audited
from opencmc.base.errors import Refused

#: How often a session in use writes down that it is.
TOUCH = timedelta(minutes=3)
#: How long ended sessions stay in the list of their owner.
KEPT = timedelta(days=90)

WHY = {
    "signed_out": _("已退出"),
    "idle": _("久未使用，自动退出"),
    "age": _("登录满时限，自动退出"),
    "browser": _("换了浏览器，已中止"),
    "ended": _("在另一处被结束"),
    "password": _("改密码时一并退出"),
    "manager": _("由账号管理人结束"),
}

_BROWSERS = (
    ("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("QQBrowser", "QQ 浏览器"), ("UCBrowser", "UC 浏览器"),
    ("HuaweiBrowser", "华为浏览器"), ("MiuiBrowser", "小米浏览器"), ("Edg", "Edge"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"), ("python", "Python"), ("curl", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_label(agent: str) -> str:
    """``"Chrome · Windows"``: kind of browser and system, never the version, which changes under a living session."""
    kind = next((label for mark, label in _BROWSERS if mark in agent), "浏览器")
    system = next((label for mark, label in _SYSTEMS if mark in agent), "")
    return f"{kind} · {system}" if system else kind


def _label(request: HttpRequest) -> str:
    return browser_label(request.META.get("HTTP_USER_AGENT", ""))


def begin(request: HttpRequest, at: datetime) -> None:
    """Write down the browser that has just signed in. Its session key is new: sign-in gives another."""
    session = request.session
    if not session.session_key:
        session.create()
    session["since"] = session["seen"] = int(at.timestamp())
    session["browser"] = _label(request)
    user_id = request.user.pk
    row = BrowserSession(
        key=session.session_key,
        user_id=user_id,
        browser=session["browser"],
        address=request.META.get("REMOTE_ADDR", "")[:60],
        since=at,
        last_seen=at,
    )
    fields = ["user", "browser", "address", "since", "last_seen", "ended_at", "ended_why"]
    BrowserSession.objects.bulk_create([row], update_conflicts=True, unique_fields=["key"], update_fields=fields)


def forget_old(user: User, at: datetime) -> None:
    """Ended sessions of ``user`` that nobody asks for any more."""
    BrowserSession.objects.filter(user=user, ended_at__lt=at - KEPT).delete()


def change_key(request: HttpRequest) -> None:
    """A new key for the same session, after the second factor: what was seen on the way before is worth nothing."""
    before = request.session.session_key
    request.session.cycle_key()
    follow_key(request, before)


def follow_key(request: HttpRequest, before: str | None) -> None:
    """The row follows a session whose key changed."""
    BrowserSession.objects.filter(key=before).update(key=request.session.session_key)


def why_over(request: HttpRequest, at: datetime) -> str:
    """Why this session may not go on: "idle", "age", "browser" (a cookie in another browser), or "" when it may.

    Notes at most every :data:`TOUCH` that it is in use.
    """
    session, now = request.session, int(at.timestamp())
    if "since" not in session:
        begin(request, at)
        return ""
    if session.get("browser") != _label(request):
        return "browser"
    if now - session["since"] > settings.SESSION_LONGEST.total_seconds():
        return "age"
    if now - session["seen"] > settings.SESSION_IDLE.total_seconds():
        return "idle"
    if now - session["seen"] >= TOUCH.total_seconds():
        session["seen"] = now
        BrowserSession.objects.filter(key=session.session_key).update(
            last_seen=at, address=request.META.get("REMOTE_ADDR", "")[:60]
        )
    return ""


def _drop(keys: Iterable[str], at: datetime, why: str) -> int:
    keys = list(keys)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(session_key=key).delete()
    return BrowserSession.objects.filter(key__in=keys, ended_at=None).update(ended_at=at, ended_why=why)


def close(request: HttpRequest, at: datetime, why: str) -> None:
    """This browser's row is over; the caller signs it out."""
    BrowserSession.objects.filter(key=request.session.session_key, ended_at=None).update(ended_at=at, ended_why=why)


def end_all(user: User, at: datetime, why: str, *, but: str = "") -> int:
    """End all sessions of ``user`` but the one with the key ``but``. Inside an audited block of the caller."""
    open_ = BrowserSession.objects.filter(user=user, ended_at=None).exclude(key=but)
    return _drop(open_.values_list("key", flat=True), at, why)


def end_own(actor: Actor, user: User, *, session_id: str, own_key: str) -> int:
    """End one session of the person's own (``session_id``), or with "others" all but this one. Returns how many."""
    open_ = BrowserSession.objects.filter(user=user, ended_at=None)
    if session_id == "others":
        chosen = open_.exclude(key=own_key)
    else:
        chosen = open_.filter(pk=int(session_id)) if session_id.isdecimal() else open_.none()
        if not chosen.exists():
            raise Refused("这一处登录已经结束了。", possible_when="请重新打开“我的账号”查看。")
    with audited(actor) as trail:
        ended = _drop(chosen.values_list("key", flat=True), actor.at, "ended")
        trail.add("end_session", object_=user.get_username(), reason=f"{ended}")
    return ended


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One line of the list: ``open`` when it can still be used."""

    id: int
    browser: str
    address: str
    since: datetime
    last_seen: datetime
    open: bool
    own: bool
    why: str


def sessions_of(user: User, at: datetime, own_key: str | None) -> list[SignedIn]:
    """Open sessions first, then the latest that ended; at most 20."""
    gone = at - settings.SESSION_IDLE - TOUCH
    rows = list(BrowserSession.objects.filter(user=user).order_by("-last_seen")[:20])

    def line(row: BrowserSession) -> SignedIn:
        lives = row.ended_at is None and row.last_seen > gone and row.since > at - settings.SESSION_LONGEST
        why = "" if lives else str(WHY.get(row.ended_why, WHY["idle"]))
        return SignedIn(row.pk, row.browser, row.address, row.since, row.last_seen, lives, row.key == own_key, why)

    return sorted((line(row) for row in rows), key=lambda found: (not found.own, not found.open))
