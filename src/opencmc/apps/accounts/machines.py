"""Accounts of other systems and their tokens. A token is shown once; the database keeps its SHA-256.

A token has 256 random bits, so one round of SHA-256 is as good as many: nothing can be guessed from the digest.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import ACTIONS, NEVER_BY_SERVICE, ROLES, Actor, Holder, require
from opencmc.apps.accounts.models import ServiceAccount, ServiceToken
from opencmc.apps.accounts.names import folded
from opencmc.apps.accounts.posts import check_post
from opencmc.apps.audit.api import audited
from opencmc.base.errors import Refused

PREFIX = "ocmc_"
#: How long the former token goes on after a rotation, so that the other system can change over.
OVERLAP_DAYS = 7
LONGEST_DAYS = 366
_TOKEN = re.compile(r"ocmc_[A-Za-z0-9_-]{43}\Z")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}\Z")


def actions_of(role: str) -> list[str]:
    """What an account in this role may be allowed: the role's actions without those that people answer for."""
    return [action.id for action in ACTIONS.values() if role in action.at and action.id not in NEVER_BY_SERVICE]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def holder_of_token(token: str, day: date) -> Holder | None:
    """The holder behind ``token`` on ``day``; ``None`` when it is forged, revoked or over, or its account is. One query,
    and once a day a second that notes the use."""
    if not _TOKEN.match(token):
        return None
    row = ServiceToken.objects.select_related("account").filter(digest=_digest(token), revoked_at=None).first()
    if row is None or (row.until is not None and row.until <= day):
        return None
    account = row.account
    if account.blocked_at is not None or account.expires <= day or account.role not in ROLES:
        return None
    if row.last_used is None or row.last_used < day:
        ServiceToken.objects.filter(pk=row.pk).update(last_used=day)
    return Holder(
        username=f"service:{account.slug}",
        name=account.name,
        role=account.role,
        unit_kind=account.unit_kind,
        unit_id=account.unit_id,
        is_service=True,
        actions=frozenset(account.actions) & frozenset(actions_of(account.role)),
    )


def _check(actions: list[str], role: str, expires: date, day: date) -> list[str]:
    beyond = [name for name in actions if name not in actions_of(role)]
    if beyond or not actions:
        raise Refused(
            _("请勾选这个角色可以做的操作"), rule="actions", possible_when=_("至少一项；管理账号与紧急查看不能交给接口")
        )
    if not day < expires <= day + timedelta(days=LONGEST_DAYS):
        raise Refused(
            _("到期日应在明天与一年之内"), rule="expires", possible_when=_("到期前可以再延，不设永久有效的接口账号")
        )
    return sorted(set(actions))


def create(
    actor: Actor, *, slug: str, name: str, role: str, unit_kind: str, unit_id: str, actions: list[str], expires: date
) -> tuple[ServiceAccount, str]:
    """A service account and its first token, which is shown this once."""
    require(actor.holder, "accounts.service")
    day = timezone.localdate(actor.at)
    check_post(role=role, unit_kind=unit_kind, unit_id=unit_id, start=day, end=None)
    actions = _check(actions, role, expires, day)
    name = folded(name, 80)
    if not _SLUG.match(slug):
        raise Refused(_("标识只用小写字母、数字和连字符"), rule="slug", possible_when=_("例如 county-his"))
    if not name:
        raise Refused(_("请填写名称"), rule="name")
    if ServiceAccount.objects.filter(slug=slug).exists():
        raise Refused(_("标识“%(slug)s”已有") % {"slug": slug}, rule="slug", possible_when=_("请换一个"))
    if ServiceAccount.objects.filter(name=name).exists():
        raise Refused(_("名称“%(name)s”已有") % {"name": name}, rule="name", possible_when=_("请换一个"))
    with audited(actor) as trail:
        account = ServiceAccount.objects.create(
            slug=slug, name=name, role=role, unit_kind=unit_kind, unit_id=unit_id, actions=actions, expires=expires,
            made_at=actor.at, made_by=actor.holder.username,
        )  # fmt: skip
        trail.add("accounts.service", object_=f"service:{slug}", reason=f"create {role} {','.join(actions)}")
        token = _issue(account, actor)
    return account, token


def _issue(account: ServiceAccount, actor: Actor) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    ServiceToken.objects.create(
        account=account, prefix=token[:10], digest=_digest(token), made_at=actor.at, made_by=actor.holder.username
    )
    return token


def find(actor: Actor, slug: str) -> ServiceAccount:
    require(actor.holder, "accounts.service")
    account = ServiceAccount.objects.filter(slug=folded(slug, 40)).first()
    if account is None:
        raise Refused(_("没有这个接口账号"))
    return account


def rotate(actor: Actor, slug: str) -> str:
    """A new token; those before go on for :data:`OVERLAP_DAYS` days. Returns the new one, shown this once."""
    account = find(actor, slug)
    until = timezone.localdate(actor.at) + timedelta(days=OVERLAP_DAYS)
    with audited(actor) as trail:
        account.tokens.filter(revoked_at=None, until=None).update(until=until)
        token = _issue(account, actor)
        trail.add("accounts.service", object_=f"service:{slug}", reason="rotate")
    return token


def revoke(actor: Actor, slug: str, prefix: str) -> None:
    """Void at the next request."""
    account = find(actor, slug)
    with audited(actor) as trail:
        if not account.tokens.filter(prefix=folded(prefix, 16), revoked_at=None).update(revoked_at=actor.at):
            raise Refused(_("这个令牌已经作废"))
        trail.add("accounts.service", object_=f"service:{slug}", reason=f"revoke {prefix}")


def block(actor: Actor, slug: str, *, blocked: bool) -> None:
    account = find(actor, slug)
    with audited(actor) as trail:
        ServiceAccount.objects.filter(pk=account.pk).update(blocked_at=actor.at if blocked else None)
        trail.add("accounts.service", object_=f"service:{slug}", reason="block" if blocked else "unblock")


def change(actor: Actor, slug: str, *, actions: list[str], expires: date) -> None:
    """Other actions, another last day."""
    account = find(actor, slug)
    actions = _check(actions, account.role, expires, timezone.localdate(actor.at))
    with audited(actor) as trail:
        ServiceAccount.objects.filter(pk=account.pk).update(actions=actions, expires=expires)
        trail.add("accounts.service", object_=f"service:{slug}", reason=f"change until {expires} {','.join(actions)}")
