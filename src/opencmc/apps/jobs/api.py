"""The door of the jobs slice."""

from opencmc.apps.jobs.actions import retry, start
from opencmc.apps.jobs.contracts import JobLine
from opencmc.apps.jobs.queries import failed_count, seen_by
from opencmc.apps.jobs.queries import lines as job_lines
from opencmc.apps.jobs.registry import job
from opencmc.apps.jobs.running import JobRun
from opencmc.apps.jobs.work import work_of

__all__ = ["JobLine", "JobRun", "failed_count", "job", "job_lines", "retry", "seen_by", "start", "work_of"]
