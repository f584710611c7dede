"""The rules slice."""

from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "opencmc.apps.rules"
    verbose_name = "规则库"
