"""Writes of a manager of accounts. Each checks reach, takes the version that the manager saw, and leaves its line.

A version that has moved on means that somebody else saved meanwhile: the write is refused and says who did what when.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, role_label, rule_of
from opencmc.apps.accounts import lockout, passwords, posts, second_factor, sessions
from opencmc.apps.accounts.actions import new_user
from opencmc.apps.accounts.listing import find_user, scope_of, why_not_managed
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.accounts.names import folded, initials_of, unit_label
from opencmc.apps.audit.api import audited
from opencmc.base.errors import Refused


def _take(actor: Actor, user: User, version: int, what: str) -> None:
    """Move the version on, or refuse. Inside the audited block of the write."""
    rows = Account.objects.filter(user=user, version=version)
    taken = rows.update(
        version=version + 1, changed_at=actor.at, changed_by=actor.holder.name[:150], changed_what=what[:200]
    )
    if taken:
        return
    now = Account.objects.filter(user=user).first()
    when = timezone.localtime(now.changed_at).strftime("%Y-%m-%d %H:%M") if now and now.changed_at else ""
    raise Refused(
        _("您打开这一页之后，%(who)s 在 %(when)s 已改过这个账号：%(what)s")
        % {"who": now.changed_by if now else "", "when": when, "what": now.changed_what if now else ""},
        possible_when=_("请看清现在的样子，再决定是否还要改"),
    )


def _require_managed(actor: Actor, username: str) -> User:
    user = find_user(actor, username)
    why_not = why_not_managed(actor, user)
    if why_not:
        raise Refused(why_not, rule=rule_of("accounts.manage"))
    return user


def _check_gift(actor: Actor, role: str, unit_kind: str, unit_id: str) -> None:
    """Refused when the role or the unit lies beyond what ``actor`` may give."""
    scope = scope_of(actor)
    gift = Post(role=role, unit_kind=unit_kind, unit_id=unit_id)
    if role not in scope.roles:
        allowed = "、".join(role_label(one) for one in scope.roles)
        raise Refused(
            _("您不能授予“%(role)s”这个角色") % {"role": role_label(role)},
            rule="role",
            possible_when=_("您可以授予：%(roles)s") % {"roles": allowed},
        )
    if not scope.holds(gift):
        raise Refused(
            _("%(unit)s不在您的管理范围内") % {"unit": unit_label(unit_kind, unit_id)},
            rule="unit",
            possible_when=_("请从列表中选一个单位"),
        )


def create(
    actor: Actor, *, username: str, name: str, role: str, unit_kind: str, unit_id: str, start: date, end: date | None
) -> str:
    """An account with its first post. Returns the one-time code, shown this once."""
    _check_gift(actor, role, unit_kind, unit_id)
    if not name.strip():
        raise Refused(_("请填写姓名"), rule="name")
    user = new_user(username, name)
    with audited(actor) as trail:
        user.set_unusable_password()
        user.save()
        what = _("开设账号")
        Account.objects.create(
            user=user, initials=initials_of(name), changed_at=actor.at, changed_by=actor.holder.name, changed_what=what
        )
        code = passwords.set_code(user, actor.at)
        posts.give(user, role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=end)
        trail.add("create_account", object_=user.username, reason=f"{role} {unit_kind}:{unit_id} {start}")
    return code


def give_post(
    actor: Actor, username: str, version: int, *, role: str, unit_kind: str, unit_id: str, start: date, end: date | None
) -> None:
    """One more post. Nobody gives one to oneself."""
    user = find_user(actor, username)
    if user.username == actor.holder.username:
        raise Refused(_("不能给自己加岗位"), possible_when=_("请另一位账号管理人办理"))
    _check_gift(actor, role, unit_kind, unit_id)
    with audited(actor) as trail:
        _take(actor, user, version, _("加岗位：%(role)s") % {"role": role_label(role)})
        posts.give(user, role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=end)
        trail.add("give_post", object_=user.username, reason=f"{role} {unit_kind}:{unit_id} {start} {end or ''}")


def end_post(actor: Actor, username: str, version: int, *, post_id: str, day: date) -> None:
    """``day`` is the first day without the post; its rights are gone with the next request."""
    user = find_user(actor, username)
    post = Post.objects.filter(user=user, pk=int(post_id)).first() if post_id.isdecimal() else None
    if post is None:
        raise Refused(_("没有这个岗位"))
    if user.username == actor.holder.username or not scope_of(actor).gives(post):
        raise Refused(
            _("您不能结束这个岗位（%(role)s）") % {"role": role_label(post.role)},
            possible_when=_("只能结束您有权授予的岗位；其余由县里的系统管理员办理"),
        )
    with audited(actor) as trail:
        _take(actor, user, version, _("结束岗位：%(role)s") % {"role": role_label(post.role)})
        posts.end(post, day)
        trail.add("end_post", object_=user.username, reason=f"{post.role} {post.unit_kind}:{post.unit_id} {day}")


def reset_password(actor: Actor, username: str, version: int) -> str:
    """A one-time code in place of the password; every session of the account ends. Returns the code, shown this once."""
    user = _require_managed(actor, username)
    if Post.objects.filter(user=user, is_demonstration=True).exists():
        raise Refused(_("演示账号没有密码"), possible_when=_("在登录页按一下即可进入"))
    with audited(actor) as trail:
        _take(actor, user, version, _("重置密码"))
        code = passwords.set_code(user, actor.at)
        sessions.end_all(user, actor.at, "manager")
        lockout.forget_failures(user.username)
        trail.add("reset_password", object_=user.username)
    return code


def block(actor: Actor, username: str, version: int, reason: str) -> None:
    """Nobody enters any more, and who is in is out at the next request. Asks for a reason."""
    user = _require_managed(actor, username)
    reason = folded(reason, 200)
    if not reason:
        raise Refused(_("请写明停用的理由"), rule="reason", possible_when=_("例如：离职"))
    with audited(actor) as trail:
        _take(actor, user, version, _("停用"))
        User.objects.filter(pk=user.pk).update(is_active=False)
        Account.objects.filter(user=user).update(blocked_at=actor.at, blocked_because=reason)
        sessions.end_all(user, actor.at, "manager")
        trail.add("block_account", object_=user.username, reason=reason)


def unblock(actor: Actor, username: str, version: int) -> None:
    user = _require_managed(actor, username)
    with audited(actor) as trail:
        _take(actor, user, version, _("恢复"))
        User.objects.filter(pk=user.pk).update(is_active=True)
        Account.objects.filter(user=user).update(blocked_at=None, blocked_because="")
        trail.add("unblock_account", object_=user.username)


def unlock(actor: Actor, username: str, version: int) -> None:
    """Open an account that wrong passwords have locked."""
    user = _require_managed(actor, username)
    with audited(actor):
        _take(actor, user, version, _("解锁"))
        lockout.unlock(actor, user.username)


def reset_second_factor(actor: Actor, username: str, version: int) -> None:
    """The phone is lost: bind another at the next sign-in. Every session ends."""
    user = _require_managed(actor, username)
    with audited(actor):
        _take(actor, user, version, _("重置两步验证"))
        second_factor.take_away(actor, user)
        sessions.end_all(user, actor.at, "manager")
