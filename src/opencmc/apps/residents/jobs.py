"""Long work of the residents slice: large imports."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.jobs.api import JobRun, job
from opencmc.apps.residents.importing import import_residents
from opencmc.apps.residents.kept_files import forget_file, kept_file
from opencmc.apps.residents.review_finding import find_duplicates


@job("residents.import", gettext_lazy("导入居民"))
def import_rows(run: JobRun, *, content: str, file_name: str, mode: str, on_match: str, **_more: Any) -> str:
    """A kept file is imported in one transaction; done before, it is not done again."""
    done = import_residents(run.actor, kept_file(content), file_name, mode=mode, on_match=on_match, report=run.progress)
    run.lead_to(reverse("residents:import_run", args=[done.pk]))
    forget_file(content)
    return _("读到 %(read)d 行：新建 %(new)d，更新 %(updated)d，跳过 %(skipped)d，不收 %(refused)d") % {
        "read": done.read, "new": done.created_count, "updated": done.updated_count, "skipped": done.skipped_count,
        "refused": done.refused_count,
    }  # fmt: skip


@job("residents.matching", gettext_lazy("全库比对居民"))
def match_residents(run: JobRun, **_more: Any) -> str:
    """Pairs that may be one person, for people to decide. Repeating it finds only what is new."""
    done = find_duplicates(run.actor, lambda step, share: run.progress(int(share * 100), 100, step))
    run.lead_to(reverse("residents:review"))
    return _("比对 %(entries)d 份登记：新列出 %(new)d 对，重新列出 %(again)d 对，撤下 %(gone)d 对") % {
        "entries": done.entries, "new": done.new, "again": done.reopened, "gone": done.gone,
    }  # fmt: skip
