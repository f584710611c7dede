"""The accounts slice."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "opencmc.apps.accounts"
    verbose_name = "账号"

    def ready(self) -> None:
        from opencmc.apps.accounts.constraints import install
        from opencmc.apps.accounts.touched import posts_touched
        from opencmc.apps.network.api import report_touched

        post_migrate.connect(install, sender=self)
        report_touched("accounts", posts_touched)
