"""The jobs slice. Every slice may have a module ``jobs`` whose functions carry ``@job``; it is read at start."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "opencmc.apps.jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        from opencmc.apps.audit.api import name_actions

        name_actions(
            {
                "jobs.start": _("开始后台任务"),
                "jobs.retry": _("重试后台任务"),
                "jobs.done": _("后台任务完成"),
                "jobs.failed": _("后台任务没有完成"),
            }
        )
        autodiscover_modules("jobs")
