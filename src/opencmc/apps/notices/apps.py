"""The notices slice."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "opencmc.apps.notices"
    verbose_name = "通知"

    def ready(self) -> None:
        from opencmc.apps.audit.api import name_actions

        name_actions({"notify": _("发出通知"), "notices.read": _("读通知")})
