"""The export as a background job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.exports.actions import export_daily_work
from opencmc.apps.jobs.api import JobRun, job


@job("exports.run", gettext_lazy("把日常工作写入数据湖"))
def export(run: JobRun, **_more: Any) -> str:
    """Repeating it brings only what is new."""
    done = export_daily_work(Path(settings.OPENCMC_HOME), run.actor)
    return _("网络 %(networks)d 项，居民 %(residents)d 人，办结 %(tasks)d 件") % {
        "networks": done.networks, "residents": done.residents, "tasks": done.tasks,
    }  # fmt: skip
