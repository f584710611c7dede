"""The door of the tasks slice."""

from opencmc.apps.tasks.actions import (
    cancel_task,
    create_task,
    finish_task,
    hand_over_task,
    postpone_task,
    reopen_task,
    take_task,
)
from opencmc.apps.tasks.contracts import Filled, FinishedRow, Interval, TaskLine
from opencmc.apps.tasks.filling import fill_tasks
from opencmc.apps.tasks.of_resident import carry_owner, carry_resident, resident_part
from opencmc.apps.tasks.outbox import finished_since
from opencmc.apps.tasks.queries import find_task, tasks_of_resident
from opencmc.apps.tasks.work import work_of

__all__ = [
    "Filled",
    "FinishedRow",
    "Interval",
    "TaskLine",
    "cancel_task",
    "carry_owner",
    "carry_resident",
    "create_task",
    "fill_tasks",
    "find_task",
    "finish_task",
    "finished_since",
    "hand_over_task",
    "postpone_task",
    "reopen_task",
    "resident_part",
    "take_task",
    "tasks_of_resident",
    "work_of",
]
