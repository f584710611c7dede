"""The accounts slice."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "opencmc.apps.accounts"
    verbose_name = "账号"
