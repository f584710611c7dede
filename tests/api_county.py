"""A county small enough to be read, for tests of the interface: two townships with a clinic each, people, tasks, callers."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts.machines import actions_of, create
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.network.models import Attachment, Institution, Membership, Township
from opencmc.apps.residents.api import create_resident
from opencmc.apps.tasks.api import create_task
from opencmc.base.identifiers import CitizenId

UNITS = {
    "H1": ("县第一医院", "county", "general_hospital", "330226001", ""),
    "T1": ("长街卫生院", "township", "township_health_centre", "330226101", ""),
    "V1": ("山头村卫生室", "village", "village_clinic", "330226101", "T1"),
    "T2": ("一市卫生院", "township", "township_health_centre", "330226104", ""),
    "V2": ("箬岙村卫生室", "village", "village_clinic", "330226104", "T2"),
}
START = date(2020, 1, 1)


def citizen(number: int, birth: date, sex: str = "1") -> str:
    """An ID number with a right check character."""
    for sequence in range(number * 10, number * 10 + 10):
        if (sequence % 2 == 1) == (sex == "1"):
            for last in "0123456789X":
                text = f"330226{birth:%Y%m%d}{sequence:03d}{last}"
                try:
                    return CitizenId.parse(text).number
                except ValueError:
                    continue
    raise AssertionError("no number")


@dataclass
class County:
    at: datetime
    people: list[str] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    _keys: Any = field(default_factory=itertools.count)

    @property
    def today(self) -> date:
        return self.system.today

    @property
    def system(self) -> Actor:
        return Actor.system(self.at)

    def token(self, role: str, unit: str = "", *, actions: list[str] | None = None, days: int = 300) -> str:
        """A service account's token in a role at an institution ("" for a role of the whole county)."""
        name = f"{role}-{unit or 'county'}-{next(self._keys)}".replace("_", "-").lower()
        _account, token = create(
            self.system, slug=name[:40], name=name, role=role, unit_kind="institution" if unit else "county",
            unit_id=unit, actions=actions or actions_of(role), expires=self.today + timedelta(days=days),
        )  # fmt: skip
        return token

    def person(self, username: str, role: str, unit: str = "") -> User:
        """Somebody with an account and a post."""
        user = User.objects.create_user(username, first_name=username)
        Account.objects.create(user=user)
        kind = "institution" if unit else "county"
        Post.objects.create(user=user, role=role, unit_kind=kind, unit_id=unit, start=START)
        return user

    def ask(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """One request with a token; a write gets a new Idempotency-Key unless one is given."""
        given = {"Authorization": f"Bearer {token}"} if token else {}
        if method != "GET":
            given["Idempotency-Key"] = f"key-{next(self._keys)}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return Client().generic(method, f"/api/v1{path}", headers=given, **content)


def make_county(at: datetime | None = None) -> County:
    """All written through the doors of the slices."""
    from django.utils import timezone

    county = County(at or timezone.now().astimezone(UTC))
    for code, name in (("330226001", "跃龙街道"), ("330226101", "长街镇"), ("330226104", "一市镇")):
        Township.objects.create(code=code, name=name)
    for unit, (name, tier, kind, township, above) in UNITS.items():
        Institution.objects.create(
            institution_id=unit, name=name, short_name=name, tier=tier, kind=kind, region="330226", township=township,
            attached_to=above,
        )  # fmt: skip
        if above:
            Attachment.objects.create(institution_id=unit, attached_to=above, kind="village_clinic", start=START)
    for unit, role in (("H1", "lead"), ("T1", "member"), ("T2", "member")):
        Membership.objects.create(
            community_id="G1", community_name="第一医共体", community_kind="general", institution_id=unit, role=role,
            start=START,
        )  # fmt: skip
    for number, (name, unit) in enumerate(
        (("甲子", "V1"), ("乙丑", "V1"), ("丙寅", "V1"), ("丁卯", "V2"), ("戊辰", "V2"))
    ):
        birth = date(1950 + number, 5, 1 + number)
        line = create_resident(
            county.system,
            {"name": name, "sex": "1", "birth_date": birth.isoformat(), "id_type": "citizen_id",
             "id_number": citizen(number + 1, birth), "institution_id": unit, "phone": f"1380000000{number}"},
        )  # fmt: skip
        county.people.append(line.resident_id)
        task = create_task(
            county.system, kind="follow_up", item="hypertension", resident_id=line.resident_id, institution_id=unit,
            due=county.today + timedelta(days=number - 1), source="test", source_key=str(number),
        )  # fmt: skip
        county.tasks.append(task.id)
    return county
