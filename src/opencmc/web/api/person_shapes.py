"""What goes in and out about people, and of the audit's lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

from opencmc.web.api.shapes import Day, Given, Next, Sex, plain


class PersonRow(Schema):
    resident_id: str
    name: str
    sex: str = Field(..., description="GB/T 2261.1：1 男 2 女 0 未知 9 未说明")
    birth_date: date
    township: str
    village: str
    institution_id: str
    team: str
    programmes: list[str]
    version: int


class PeopleOut(Schema):
    items: list[PersonRow]
    next: Next


class FoundOut(Schema):
    resident_id: str
    name: str = Field(..., description="范围以外的人遮蔽为 张**")
    sex: str
    birth_date: date
    age: str
    village: str
    township: str
    institution_id: str
    id_masked: str
    phone_masked: str
    deceased: bool
    merged_into: str
    in_reach: bool


class SavedPersonOut(FoundOut):
    version: int


class SearchOut(Schema):
    items: list[FoundOut]
    total: int
    total_is_exact: bool
    read_as: str = Field(..., description="读作什么：name、initials、id、tail、phone、number …")
    problem: str
    next: Next


class PersonOut(Schema):
    resident_id: str
    version: int
    name: str
    sex: str
    birth_date: date
    birth_is_estimated: bool
    death_date: date | None
    age: str
    township: str
    township_name: str
    village: str
    village_name: str
    address: str
    institution_id: str
    team: str
    programmes: list[str]
    insurance_type: str
    id_type: str
    id_masked: str
    phone_masked: str
    merged_into: str
    conflict: str
    changed_at: datetime | None
    changed_by: str


class PersonFields(Given):
    """Fields that are left out stay as they are; ``null`` empties one."""

    name: plain(50) | None = None
    sex: Sex | None = Field(None, description="GB/T 2261.1")
    birth_date: Day | None = None
    birth_is_estimated: bool | None = None
    death_date: Day | None = None
    id_type: Literal["citizen_id", "permit", "foreign", "other", "none"] | None = None
    id_number: plain(30) | None = None
    no_id_reason: plain(200) | None = None
    phone: plain(30) | None = None
    card: plain(64) | None = None
    mother_id: plain(30) | None = None
    township: Annotated[str, StringConstraints(pattern=r"^([0-9]{9})?$")] | None = None
    village: Annotated[str, StringConstraints(pattern=r"^([0-9]{12})?$")] | None = None
    address: plain(200) | None = None
    institution_id: plain(60) | None = None
    team: plain(100) | None = None
    insurance_type: Literal["310", "390", "other", "none", ""] | None = Field(None, description="310 职工 390 城乡居民")
    confirm_duplicate: bool = Field(False, description="已核对过可能的同一人，仍要登记")
    duplicate_reason: plain(200) = ""


class NewPerson(PersonFields):
    name: plain(50, 1)
    id_type: Literal["citizen_id", "permit", "foreign", "other", "none"]


class Looked(Given):
    text: plain(80) = Field(..., description="姓名、拼音首字母、证件号或末 4–6 位、电话或末 4 位、健康卡号")
    limit: int = Field(20, ge=1, le=100)
    after: plain(100) = Field("", description="上一页的 next")


class RelationOut(Schema):
    institution_id: str
    kind: str
    label: str
    start: date
    end: date | None
    open: bool


class RelationsOut(Schema):
    items: list[RelationOut]


class LineOut(Schema):
    at: datetime
    actor: str
    role: str
    unit: str
    action: str
    action_label: str
    object: str
    resident_id: str
    purpose: str
    reason: str
    address: str
    place: str = Field(..., description="审计链中的位置：链道-序号")


class LinesOut(Schema):
    items: list[LineOut]
    next: Next
