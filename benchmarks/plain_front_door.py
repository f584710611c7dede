"""What the front door is compared with: Django's ORM and ninja as one would write them first, without guards and audit.

No sign-in, no rights, no scope, no audit, no idempotency, no middleware: a list of 20 and a create of one row over the
same tables (copies of them). Served by the same server with the same settings (``bench_front_door.py``).
"""

from __future__ import annotations

import os
from datetime import date, datetime
from urllib.parse import urlsplit

import django
from django.conf import settings


def with_length(get_response):
    """The one thing that a kept connection needs."""

    def answer(request):
        response = get_response(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return answer


_ADDRESS = urlsplit(os.environ["OPENCMC_DATABASE"])
settings.configure(
    SECRET_KEY="a benchmark holds nothing",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[f"{__name__}.with_length"],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": _ADDRESS.path.strip("/"), "USER": _ADDRESS.username,
            "HOST": _ADDRESS.hostname, "PORT": _ADDRESS.port, "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402


class Task(models.Model):
    kind = models.CharField(max_length=20)
    item = models.CharField(max_length=80)
    label = models.CharField(max_length=120)
    why = models.CharField(max_length=200, default="")
    resident_id = models.CharField(max_length=60)
    village = models.CharField(max_length=12, default="")
    institution_id = models.CharField(max_length=60)
    assigned_to = models.CharField(max_length=150, default="")
    since = models.DateField()
    due = models.DateField()
    source = models.CharField(max_length=40)
    source_key = models.CharField(max_length=160)
    state = models.CharField(max_length=10, default="open")
    outcome = models.CharField(max_length=20, default="")
    values = models.JSONField(default=dict)
    note = models.CharField(max_length=400, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        app_label = "plain"
        db_table = "plain_task"


class Resident(models.Model):
    resident_id = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=100)
    sex = models.CharField(max_length=1)
    birth_date = models.DateField()
    township = models.CharField(max_length=9)
    village = models.CharField(max_length=12)
    institution_id = models.CharField(max_length=60)
    team = models.CharField(max_length=100)
    programmes = models.CharField(max_length=200)
    version = models.IntegerField()
    death_date = models.DateField(null=True)
    merged_into_id = models.CharField(max_length=60, null=True)

    class Meta:
        app_label = "plain"
        db_table = "plain_resident"


class TaskOut(Schema):
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


class PersonOut(Schema):
    resident_id: str
    name: str
    sex: str
    birth_date: date
    township: str
    village: str
    institution_id: str
    team: str
    programmes: str
    version: int


class NewTask(Schema):
    kind: str
    item: str
    label: str
    resident_id: str
    institution_id: str
    due: date
    source: str
    source_key: str


class Made(TaskOut):
    changed_at: datetime


api = NinjaAPI(docs_url=None, openapi_url=None)


@api.get("/tasks", response=list[TaskOut])
def list_tasks(request, institutions: str, limit: int = 20):
    rows = Task.objects.filter(institution_id__in=institutions.split(","), state="open")
    return rows.order_by("due", "id")[:limit]


@api.get("/people", response=list[PersonOut])
def list_people(request, institutions: str, limit: int = 20):
    rows = Resident.objects.filter(institution_id__in=institutions.split(","), death_date=None, merged_into_id=None)
    return rows.order_by("name", "resident_id")[:limit]


@api.post("/tasks", response={201: Made})
def create_task(request, given: NewTask):
    now = timezone.now()
    with transaction.atomic():
        made, _new = Task.objects.get_or_create(  # the same source never makes two, as in the front door
            source=given.source,
            source_key=given.source_key,
            defaults=given.model_dump(exclude={"source", "source_key"})
            | {"since": now.date(), "created_at": now, "changed_at": now, "changed_by": "benchmark"},
        )
    return 201, made


@api.post("/tasks/{task_id}/finish", response=Made)
def finish_task(request, task_id: int):
    with transaction.atomic():
        found = Task.objects.select_for_update().get(pk=task_id)
        found.state, found.outcome, found.version, found.changed_at = "done", "done", found.version + 1, timezone.now()
        found.save()
    return found


urlpatterns = [path("api/", api.urls)]
application = get_wsgi_application()
