"""Sign-in and sign-out: the password behind its locks, and what a session carries from there on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts import lockout, second_factor
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.accounts.names import plain_username
from opencmc.apps.audit.api import record
from opencmc.base.errors import Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """The user, or the sentence why not; ``locked`` for how many seconds sign-in is shut."""

    user: User | None
    problem: str = ""
    locked: int = 0


def _named(actor: Actor, username: str) -> Actor:
    """Who signs in is not yet anybody: the line carries the name that was given."""
    return Actor(Holder(username, username, "", "county", ""), actor.at, actor.address)


def sign_in_with_password(request: Any, *, username: str, password: str, actor: Actor) -> Answer:
    """Try a name and a password. A right one leaves a line, a wrong one too, the one that locks says so; what comes
    while it is locked is answered without a look at the password, and leaves none."""
    username = plain_username(username)
    lock = lockout.lock_of(username, actor.address, actor.at)
    if lock:
        return _locked(lock, actor)
    user = authenticate(request, username=username, password=password)
    if user is not None:
        return _admitted(user, actor)
    lockout.forget_old(actor.at)
    blocked = User.objects.filter(username=username, is_active=False).first()
    if blocked is not None and blocked.check_password(password):
        record(_named(actor, username), "sign_in_refused", object_="account", reason="blocked")
        return Answer(None, _("这个账号已停用。需要恢复，请联系本单位的账号管理人。"))
    lock = lockout.lock_of(username, actor.address, actor.at)
    record(_named(actor, username), "sign_in_refused", object_="account", reason=f"locked {lock.of}" if lock else "")
    if lock:
        return _locked(lock, actor)
    return Answer(None, _("用户名或密码不对，请重新填写。忘记密码请联系本单位的账号管理人。"))


def _locked(lock: lockout.Lock, actor: Actor) -> Answer:
    return Answer(None, lock.sentence(actor.at), max(1, int((lock.until - actor.at).total_seconds())))


def _admitted(user: User, actor: Actor) -> Answer:
    account, _new = Account.objects.get_or_create(user=user)
    if account.must_change and account.code_until and account.code_until <= actor.at:
        record(_named(actor, user.get_username()), "sign_in_refused", object_="account", reason="code expired")
        return Answer(None, _("一次性密码已过期，请账号管理人再发一个。"))
    lockout.forget_failures(user.get_username())
    record(_named(actor, user.get_username()), "sign_in", object_="account")
    return Answer(user)


def session_marks(user: User) -> dict[str, bool]:
    """What the new session carries: "must_change" (nothing but a new password) and "awaiting" (the second factor)."""
    account = Account.objects.filter(user=user).first()
    marks = {"must_change": bool(account and account.must_change), "awaiting": second_factor.has_device(user)}
    return {name: True for name, held in marks.items() if held}


def enter_demonstration(*, username: str, actor: Actor) -> User:
    """The demonstration user of this name."""
    post = Post.objects.filter(user__username=username, is_demonstration=True).select_related("user").first()
    if post is None:
        raise Refused("没有这个演示账号。", possible_when="请回到登录页，从列出的账号中选择。")
    record(_named(actor, username), "sign_in", object_="account", reason="demonstration")
    return post.user


def leave(actor: Actor, reason: str = "") -> None:
    record(actor, "sign_out", object_="account", reason=reason)
