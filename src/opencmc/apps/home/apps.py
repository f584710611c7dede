"""The home slice."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "opencmc.apps.home"
    verbose_name = "首页"
