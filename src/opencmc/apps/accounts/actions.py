"""Writes of accounts. Each leaves its audit line in the same transaction."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from opencmc.apps.access.api import ROLES, Actor, Holder, role_label
from opencmc.apps.accounts.models import Post
from opencmc.apps.audit.api import audited, record
from opencmc.base.errors import Refused

#: username → role. The accounts carry no person's name: nobody made up signs anything.
DEMONSTRATION = {
    "director": "county_director",
    "fund": "fund_manager",
    "lead": "lead_manager",
    "township": "township_manager",
    "doctor": "township_doctor",
    "nurse": "station_nurse",
    "village": "village_doctor",
    "specialist": "county_specialist",
    "reader": "centre_reader",
    "commissioner": "public_health_commissioner",
    "liaison": "public_health_liaison",
    "supervisor": "supervisor",
    "planner": "planner",
    "admin": "system_administrator",
}
DEMONSTRATION_NAME = "演示账号"
#: Demonstration posts hold from before the demonstration county's first day of data.
DEMONSTRATION_START = date(2020, 1, 1)


def _named(actor: Actor, username: str) -> Actor:
    """Who signs in is not yet anybody: the line carries the name that was given."""
    return Actor(Holder(username, username, "", "county", ""), actor.at, actor.address)


def check_password(request: Any, *, username: str, password: str, actor: Actor) -> User | None:
    """The user, or ``None`` for a wrong name or password; either answer leaves a line."""
    user = authenticate(request, username=username, password=password)
    record(_named(actor, username), "sign_in" if user else "sign_in_refused", object_="account")
    return user


def enter_demonstration(*, username: str, actor: Actor) -> User:
    """The demonstration user of this name."""
    post = Post.objects.filter(user__username=username, is_demonstration=True).select_related("user").first()
    if post is None:
        raise Refused("没有这个演示账号。", possible_when="请回到登录页，从列出的账号中选择。")
    record(_named(actor, username), "sign_in", object_="account", reason="demonstration")
    return post.user


def leave(actor: Actor) -> None:
    record(actor, "sign_out", object_="account")


def create_account(
    *, username: str, name: str, role: str, unit_kind: str, unit_id: str, password: str, start: date, actor: Actor
) -> None:
    """A user with a post from ``start`` on. Refuses an unknown role, a taken name and a weak password."""
    if role not in ROLES:
        raise Refused(f"没有“{role}”这个角色。", possible_when=f"可用的角色：{'、'.join(ROLES)}。")
    if unit_kind not in ROLES[role].held_at:
        raise Refused(
            f"{role_label(role)}不能任职于这一类单位（{unit_kind}）。",
            possible_when=f"可任职的单位类别：{'、'.join(ROLES[role].held_at)}。",
        )
    if User.objects.filter(username=username).exists():
        raise Refused(f"用户名“{username}”已有人用。", possible_when="请换一个用户名。")
    user = User(username=username, first_name=name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("密码不够安全。", possible_when="".join(error.messages)) from error
    user.set_password(password)
    with audited(actor) as trail:
        user.save()
        Post.objects.create(user=user, role=role, unit_kind=unit_kind, unit_id=unit_id, start=start)
        trail.add("create_account", object_=username, reason=role)


def create_demonstration_accounts(*, units: dict[str, tuple[str, str]], actor: Actor) -> int:
    """One account a role, without a password: they open with one press, and only in a demonstration.

    ``units`` says for a role which (unit_kind, unit_id) its post is about. Accounts that exist keep their user and get
    the unit anew. Returns how many were made.
    """
    made = 0
    with audited(actor) as trail:
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
                is_demonstration=True,
                defaults={"role": role, "unit_kind": unit_kind, "unit_id": unit_id, "start": DEMONSTRATION_START},
            )
        trail.add("create_demonstration_accounts", object_=f"{made}")
    return made
