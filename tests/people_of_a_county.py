"""A lead hospital, two township centres, their clinics, and people with posts there: what tests of accounts stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.contrib.auth.models import User
from django.test import Client

from opencmc.apps.access.api import ROLES, Actor
from opencmc.apps.accounts.api import holder_of
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.accounts.names import initials_of
from opencmc.apps.network.models import Attachment, Institution

#: The moment at which the tests happen to look. No test reads the clock.
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
PASSWORD = "a-long-odd-password-71"
FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTITUTIONS = (
    ("H1", "县第一医院", "county", "hospital", ""),
    ("H2", "县第二医院", "county", "hospital", ""),
    ("T1", "东镇卫生院", "township", "township_health_centre", ""),
    ("T2", "西镇卫生院", "township", "township_health_centre", ""),
    ("V1", "东一村", "village", "village_clinic", "T1"),
    ("V2", "东二村", "village", "village_clinic", "T1"),
    ("V3", "西一村", "village", "village_clinic", "T2"),
)


def make_network() -> None:
    for institution_id, name, tier, kind, above in INSTITUTIONS:
        Institution.objects.create(
            institution_id=institution_id, name=name, short_name=name, tier=tier, kind=kind, region="330226",
            township="330226001" if "东" in name else "330226002", attached_to=above,
        )  # fmt: skip
        if above:
            Attachment.objects.create(
                institution_id=institution_id, attached_to=above, kind="clinic", start=date(1900, 1, 1)
            )


def person(
    username: str, role: str = "", unit_id: str = "", *, name: str = "", start: date = date(2026, 1, 1), end: date | None = None,
    demonstration: bool = False, unit_kind: str = "",
) -> User:  # fmt: skip
    """A user with :data:`PASSWORD`, and with a post when a role is given."""
    user = User.objects.create_user(username, password=PASSWORD, first_name=name or username)
    Account.objects.create(user=user, initials=initials_of(name))
    if role:
        kind = unit_kind or ("institution" if unit_id else "county")
        Post.objects.create(
            user=user, role=role, unit_kind=kind, unit_id=unit_id, start=start, end=end, is_demonstration=demonstration
        )
    return user


def actor_of(username: str, at: datetime = NOW) -> Actor:
    """That person at work, in the first post that is held on the day of ``at``."""
    user = User.objects.get(username=username)
    return Actor(holder_of(user, day=(at + timedelta(hours=8)).date()), at, "10.0.0.9")


def demonstration_people() -> list[str]:
    """One account a role, at units where each may be held; they ask for no second factor."""
    units = {
        "village_doctor": "V1", "township_doctor": "T1", "station_nurse": "T1", "township_manager": "T1",
        "public_health_liaison": "T1",
    }  # fmt: skip
    names = []
    for role in ROLES.values():
        unit = units.get(role.id, "H1") if "institution" in role.held_at else ""
        person(f"a_{role.id}", role.id, unit, demonstration=True)
        names.append(f"a_{role.id}")
    return names


def sign_in(username: str, password: str = PASSWORD, *, client: Client | None = None, **headers):
    """(client, answer) of the sign-in form."""
    client = client or Client(**headers)
    return client, client.post("/sign-in/", {"username": username, "password": password})


class Clock:
    """Moves what the pages take for now."""

    def __init__(self, monkeypatch) -> None:
        self.now = NOW
        for place in ("django.utils.timezone.now", "axes.handlers.proxy.now"):
            monkeypatch.setattr(place, lambda: self.now)

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)
