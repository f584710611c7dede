"""A task and the answer to its request in one statement (PostgreSQL, service accounts).

The rules are those of ``tasks.api.create_task``: the right and the reach are asked of the same functions, and whatever is
not the plain case (no label given, an institution out of reach, a task that is there already) goes that way.
``tests/integration/test_api_tasks.py`` holds both ways to the same rows, answers, refusals and audit lines.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from opencmc.apps.audit.api import audited
from opencmc.apps.tasks.api import TaskLine
from opencmc.web.api import sql, task_shapes
from opencmc.web.api.callers import institutions
from opencmc.web.api.guard import reply
from opencmc.web.api.once import forget_old, kept_answer, key_of


class _There(Exception):
    """The task or the answer is there already: nothing was written."""


def create_hot(request: HttpRequest, given: task_shapes.NewTask) -> HttpResponse | None:
    """The answer; ``None`` when this is not the plain case."""
    asked = request.auth
    if not asked.new_id:
        return None
    key = key_of(request, asked.actor.holder.username)
    if asked.kept is not None:
        return kept_answer(key, asked.kept)
    scope = institutions(asked, request.reach)
    if not given.label or (scope is not None and given.institution_id not in scope):
        return None
    actor, number = asked.actor, asked.new_id
    who = actor.holder.username
    line = TaskLine(
        number, given.kind, given.item, given.label, given.why, given.resident_id, given.village, given.institution_id,
        given.assigned_to, actor.today, given.due, "open", "", {}, "", None, None, 1, actor.at, who,
    )  # fmt: skip
    answer = reply(task_shapes.task_out(line), status=201, version=1, location=f"/api/v1/tasks/{number}")
    body = answer.content.decode()
    values = (
        key.digest, key.fingerprint, body, answer["ETag"], answer["Location"], actor.at,
        number, given.kind, given.item, given.label, given.why, given.resident_id, given.village, given.institution_id,
        given.assigned_to, actor.today, given.due, given.source, given.source_key, actor.at, actor.at, who,
    )  # fmt: skip
    try:
        with audited(actor) as trail:
            if not sql.changed(sql.CREATE_TASK, values):
                raise _There
            trail.add("tasks.create", object_=f"task:{number} {given.label}", resident_id=given.resident_id)
    except _There:
        return None
    forget_old(actor)
    return answer
