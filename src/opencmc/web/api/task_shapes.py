"""What goes in and out about tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

from opencmc.web.api.shapes import Day, Given, Id, Next, Page, plain


class TaskRow(Schema):
    id: int
    kind: str
    item: str
    label: str
    why: str
    resident_id: str
    village: str
    institution_id: str
    assigned_to: str
    since: date
    due: date
    state: str
    version: int


class TasksOut(Schema):
    items: list[TaskRow]
    next: Next


class TaskOut(TaskRow):
    outcome: str
    values: dict[str, int]
    note: str
    done_on: date | None
    next_due: date | None
    changed_at: datetime
    changed_by: str


_TASK = tuple(TaskOut.model_fields)


def task_out(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _TASK}


class TasksAsked(Page):
    institution_id: plain(60) = Field("", description="只要这家机构的")
    due_until: Day | None = Field(None, description="只要到这一天为止到期的")
    item: plain(80) = Field("", description="只要这个项目的，例如 hypertension")


class NewTask(Given):
    kind: Literal["service", "follow_up", "other"]
    item: plain(80, 1) = Field(..., description="项目：健康管理项目或服务名称")
    label: plain(120) = Field("", description="做什么；空则按项目取名")
    why: plain(200) = ""
    resident_id: Id
    institution_id: Id
    due: Day
    source: plain(40, 1) = Field(..., description="来源系统；同一来源与编号只有一项待办")
    source_key: plain(160, 1)
    village: Annotated[str, StringConstraints(pattern=r"^([0-9]{12})?$")] = ""
    assigned_to: plain(150) = ""


class Finished(Given):
    outcome: plain(20, 1) = Field(..., description="controlled、uncontrolled、referred、seen、lost、done、declined")
    done_on: Day | None = None
    values: dict[plain(40), Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]] = Field(
        default_factory=dict, description="测量值，整数，单位见 follow_up 表，例如 systolic（mmHg）", max_length=20
    )
    note: plain(400) = ""
    next_due: Day | None = None


class Postponed(Given):
    due: Day
    reason: plain(400, 1)
