"""Opening accounts from the command line, and those of a demonstration. Each write leaves its audit line."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts import posts
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.accounts.names import check_username, initials_of
from opencmc.apps.accounts.passwords import check_strength
from opencmc.apps.audit.api import audited
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


def new_user(username: str, name: str) -> User:
    """A user that is not saved yet. Refuses a name that cannot be one and one that is taken, also in other case."""
    username = check_username(username)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(f"用户名“{username}”已有人用。", rule="username", possible_when="请换一个用户名。")
    return User(username=username, first_name=name.strip()[:150])


def create_account(
    *, username: str, name: str, role: str, unit_kind: str, unit_id: str, password: str, start: date, actor: Actor
) -> None:
    """A user with a post from ``start`` on, whose password is to be changed at the first sign-in. Refuses an unknown
    role, a taken name and a weak password."""
    posts.check_post(role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=None)
    user = new_user(username, name)
    check_strength(password, user)
    user.set_password(password)
    with audited(actor) as trail:
        user.save()
        Account.objects.create(user=user, initials=initials_of(name), must_change=True, password_at=actor.at)
        posts.give(user, role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=None)
        trail.add("create_account", object_=user.get_username(), reason=role)


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
                Account.objects.create(user=user, initials=initials_of(DEMONSTRATION_NAME))
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
