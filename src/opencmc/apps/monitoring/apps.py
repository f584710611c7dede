"""The monitoring slice."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "opencmc.apps.monitoring"
    verbose_name = "监测"
