"""The tasks slice."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "opencmc.apps.tasks"
    verbose_name = "待办"

    def ready(self) -> None:
        from opencmc.apps.audit.api import name_actions
        from opencmc.apps.network.api import report_touched
        from opencmc.apps.tasks.touched import tasks_touched

        report_touched("tasks", tasks_touched)

        name_actions(
            {
                "tasks.create": _("产生待办"),
                "tasks.fill": _("生成待办清单"),
                "tasks.finish": _("办结待办"),
                "tasks.postpone": _("待办改期"),
                "tasks.hand_over": _("转交待办"),
                "tasks.take": _("认领待办"),
                "tasks.cancel": _("取消待办"),
                "tasks.reopen": _("恢复待办"),
            }
        )
