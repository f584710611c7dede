"""Writes of accounts. Each leaves its audit line in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from opencmc.apps.accounts.models import Post
from opencmc.apps.accounts.permissions import ROLES
from opencmc.apps.audit.api import append_line
from opencmc.base.errors import Refused

#: username → role. The accounts carry no person's name: nobody made up signs anything.
DEMONSTRATION = {
    "director": "county_director",
    "fund": "fund_manager",
    "lead": "lead_manager",
    "township": "township_manager",
    "village": "village_doctor",
    "planner": "planner",
    "admin": "system_administrator",
}
DEMONSTRATION_NAME = "演示账号"


def check_password(*, username: str, password: str, at: datetime) -> User | None:
    """The user, or ``None`` for a wrong name or password; either answer leaves a line."""
    user = authenticate(username=username, password=password)
    with transaction.atomic():
        append_line(at=at, actor=username, action="sign_in" if user else "sign_in_refused", object_="account")
    return user


def enter_demonstration(*, username: str, at: datetime) -> User:
    """The demonstration user of this name."""
    post = Post.objects.filter(user__username=username, is_demonstration=True).select_related("user").first()
    if post is None:
        raise Refused("没有这个演示账号。", possible_when="请回到登录页，从列出的账号中选择。")
    with transaction.atomic():
        append_line(at=at, actor=username, role=post.role, action="sign_in", object_="account", reason="demonstration")
    return post.user


def leave(*, username: str, role: str, at: datetime) -> None:
    with transaction.atomic():
        append_line(at=at, actor=username, role=role, action="sign_out", object_="account")


def create_account(
    *, username: str, name: str, role: str, unit_kind: str, unit_id: str, password: str, actor: str, at: datetime
) -> None:
    """A user with a post. Refuses an unknown role, a taken name and a weak password."""
    if role not in ROLES:
        raise Refused(f"没有“{role}”这个角色。", possible_when=f"可用的角色：{'、'.join(ROLES)}。")
    if User.objects.filter(username=username).exists():
        raise Refused(f"用户名“{username}”已有人用。", possible_when="请换一个用户名。")
    user = User(username=username, first_name=name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("密码不够安全。", possible_when="".join(error.messages)) from error
    user.set_password(password)
    with transaction.atomic():
        user.save()
        Post.objects.create(user=user, role=role, unit_kind=unit_kind, unit_id=unit_id)
        append_line(at=at, actor=actor, action="create_account", object_=username, reason=role)


def create_demonstration_accounts(*, units: dict[str, tuple[str, str]], at: datetime) -> int:
    """One account a role, without a password: they open with one press, and only in a demonstration.

    ``units`` says for a role which (unit_kind, unit_id) its post is about. Accounts that exist keep their user and get
    the unit anew. Returns how many were made.
    """
    made = 0
    with transaction.atomic():
        for username, role in DEMONSTRATION.items():
            user, created = User.objects.get_or_create(username=username, defaults={"first_name": DEMONSTRATION_NAME})
            if created:
                user.set_unusable_password()
                user.save()
                made += 1
            elif not Post.objects.filter(user=user, is_demonstration=True).exists():
                continue  # a person's own account by that name
            unit_kind, unit_id = units.get(role, ("county", ""))
            Post.objects.update_or_create(
                user=user,
                defaults={"role": role, "unit_kind": unit_kind, "unit_id": unit_id, "is_demonstration": True},
            )
        if made:
            append_line(at=at, actor="system", action="create_demonstration_accounts", object_=f"{made}")
    return made
