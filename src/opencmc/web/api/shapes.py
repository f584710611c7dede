"""What goes in and out, as the schema says it. Unknown fields are refused; texts take no control characters."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints

from opencmc.apps.access.api import ROLES, UNIT_KINDS

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
#: The largest number of a row.
LARGEST_ID = 2**63 - 1


def _not_far(day: date) -> date:
    """Years that a database and a reader can both take."""
    if not 1800 <= day.year <= 2200:
        raise ValueError("年份应在 1800 到 2200 之间")
    return day


def plain(longest: int, shortest: int = 0) -> Any:
    return Annotated[str, StringConstraints(min_length=shortest, max_length=longest, pattern=_PLAIN)]


def _written(given: Any) -> Any:
    """Only as it is written in ISO 8601: a number would be read as seconds."""
    if given is not None and not (isinstance(given, date) or (isinstance(given, str) and _ISO.match(given))):
        raise ValueError("应写成 2026-03-01，时刻应写成 2026-03-01T08:00:00+08:00")
    return given


_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[T ][0-9]{2}:[0-9]{2})")
Day = Annotated[date, BeforeValidator(_written), AfterValidator(_not_far)]
Moment = Annotated[datetime, BeforeValidator(_written)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f/]+$")]
Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Next = Annotated[str, Field(description="下一页：原样写进 after；空串表示到底")]
Sex = Literal["0", "1", "2", "9"]
RoleId = Literal[tuple(ROLES)]
UnitKind = Literal[tuple(UNIT_KINDS)]


class Given(Schema):
    """Comes in."""

    model_config = ConfigDict(extra="forbid")


class Page(Given):
    """``after`` is the ``next`` of the page before."""

    limit: int = Field(20, ge=1, le=100, description="每页几条")
    after: plain(400) = Field("", description="上一页的 next")


# --- errors ------------------------------------------------------------------------------------------------------------


class FieldError(Schema):
    pointer: str | None = Field(None, description="正文中的位置（RFC 6901）")
    parameter: str | None = Field(None, description="参数名")
    detail: str


class ProblemOut(Schema):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(..., description="稳定的问题类别", examples=["/problems/refused"])
    title: str
    status: int
    detail: str
    rule: str | None = Field(None, description="依据的规则")
    possible_when: str | None = Field(None, description="怎样才可以")
    errors: list[FieldError] | None = None
    saved_by: str | None = None
    saved_at: datetime | None = None
    version: int | None = None


# --- me ----------------------------------------------------------------------------------------------------------------


class RightOut(Schema):
    action: str
    label: str
    reach: Literal["own", "community", "county"]


class LimitsOut(Schema):
    requests_a_second: float = Field(..., description="每个工作进程平均每秒")
    burst: int = Field(..., description="一口气最多")
    body_bytes: int
    idempotency_days: int = Field(..., description="写入的答复保留几天")


class MeOut(Schema):
    username: str
    name: str
    role: str
    role_label: str
    unit_kind: str
    unit_id: str
    is_service: bool
    today: date
    rights: list[RightOut]
    limits: LimitsOut


class PostOut(Schema):
    id: int | None = None
    role: str
    role_label: str
    unit_kind: str
    unit_id: str
    start: date | None = None
    end: date | None = Field(None, description="止（不含）；空为不定期")
    current: bool


class PostsOut(Schema):
    items: list[PostOut]


# --- network -------------------------------------------------------------------------------------------------------------


class InstitutionOut(Schema):
    institution_id: str
    name: str
    short_name: str
    tier: str
    kind: str
    township: str
    attached_to: str


class InstitutionsOut(Schema):
    items: list[InstitutionOut]
    next: Next


class MembershipOut(Schema):
    community_id: str
    community: str
    kind: str
    kind_label: str
    institution_id: str
    institution: str
    role: str
    role_label: str
    start: date
    end: date | None


class MembershipsOut(Schema):
    on: date
    items: list[MembershipOut]
    next: Next


class CommunityOut(Schema):
    community_id: str
    name: str
    kind: str
    kind_label: str
    lead: str | None
    members: int


class CommunitiesOut(Schema):
    on: date
    items: list[CommunityOut]


class ChangeOut(Schema):
    kind: str
    given: dict[str, Any]


class ReorganisationOut(Schema):
    id: int
    title: str
    effective: date
    state: str
    version: int
    note: str
    changed_by: str
    changed_at: datetime
    changes: list[ChangeOut]


# --- accounts, notices, jobs -----------------------------------------------------------------------------------------------


class HeldOut(Schema):
    id: int
    role: str
    unit: str
    start: date
    end: date | None
    state: str


class AccountOut(Schema):
    username: str
    name: str
    state: str
    last_login: datetime | None
    posts: list[HeldOut]


class AccountsOut(Schema):
    items: list[AccountOut]
    total: int
    next: Next


class NewAccount(Given):
    username: plain(30, 1)
    name: plain(50, 1)
    role: RoleId
    unit_kind: UnitKind
    unit_id: plain(60) = ""
    start: Day | None = Field(None, description="空为今天")
    end: Day | None = Field(None, description="止（不含）")


class MadeAccountOut(Schema):
    username: str
    code: str = Field(..., description="一次性密码，只在这一次（和同一 Idempotency-Key 的重试中）给出")


class NoticeOut(Schema):
    id: int
    text: str
    href: str
    at: datetime
    read_at: datetime | None


class NoticesOut(Schema):
    items: list[NoticeOut]
    new: int
    next: Next


class ReadNotices(Given):
    ids: list[Number] | None = Field(None, max_length=200, description="空为全部")


class MarkedOut(Schema):
    marked: int


class JobOut(Schema):
    id: int
    label: str
    state: str
    done: int
    total: int
    step: str
    outcome: str
    error: str
    href: str
    username: str
    asked_at: datetime
    finished_at: datetime | None
    attempts: int


class JobsOut(Schema):
    items: list[JobOut]
    next: Next


class LinesAsked(Page):
    actor: plain(150) = ""
    role: plain(40) = ""
    action: plain(80) = ""
    resident_id: plain(60) = ""
    since: Moment | None = Field(None, description="含；带时区，例如 2026-03-01T00:00:00+08:00")
    until: Moment | None = Field(None, description="不含")


class AccountsAsked(Given):
    after: plain(100) = ""
    q: plain(60) = Field("", description="用户名、姓名或拼音首字母")
    role: plain(40) = ""
    state: Literal["all", "active", "no_post", "blocked"] = "all"


class OnDay(Page):
    on: Day | None = Field(None, description="哪一天的网络；空为今天")


class UnitsAsked(Page):
    tier: Literal["", "village", "township", "county", "outside"] = ""
