"""Passwords: the rules, the one-time codes of a manager, and the change by the person."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts import sessions
from opencmc.apps.accounts.models import Account
from opencmc.apps.audit.api import audited
from opencmc.base.errors import Refused

#: How long a one-time code opens the account for its first sign-in.
CODE_HOURS = 72
_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def check_strength(password: str, user: User) -> None:
    """Refused with what the rules ask for."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("密码不够安全。", possible_when="".join(error.messages)) from error


def set_code(user: User, at: datetime) -> str:
    """Give ``user`` a one-time code in place of the password (59 random bits, read out over a telephone). Saves the user."""
    code = "-".join("".join(secrets.choice(_SIGNS) for _i in range(4)) for _n in range(3))
    user.set_password(code)
    user.save(update_fields=["password"])
    Account.objects.update_or_create(
        user=user,
        defaults={"must_change": True, "code_until": at + timedelta(hours=CODE_HOURS), "password_at": at},
    )
    return code


def change_password(actor: Actor, user: User, *, old: str, new: str, again: str, own_key: str) -> int:
    """The person's own change. Ends all other sessions and returns how many. Refused with the field in ``rule``."""
    if not user.check_password(old):
        raise Refused(_("现在的密码不对"), rule="old", possible_when=_("请重新填写；忘记了请账号管理人重置"))
    if new != again:
        raise Refused(_("两次填写的新密码不一样"), rule="again", possible_when=_("请再填一次"))
    if new == old:
        raise Refused(_("新密码和现在的一样"), rule="new", possible_when=_("请换一个"))
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Refused("".join(error.messages), rule="new") from error
    with audited(actor) as trail:
        user.set_password(new)
        user.save(update_fields=["password"])
        Account.objects.update_or_create(
            user=user, defaults={"must_change": False, "code_until": None, "password_at": actor.at}
        )
        ended = sessions.end_all(user, actor.at, "password", but=own_key)
        trail.add("change_password", object_=user.get_username(), reason=f"{ended}")
    return ended


def rules() -> list[str]:
    """The rules in words, as they stand above the field."""
    return [
        _("至少 10 个字，越长越好；可以用一句只有您自己知道的话"),
        _("不要用常见密码，不要和用户名或姓名相近"),
        _("不必定期更换；怀疑泄露时马上改"),
    ]
