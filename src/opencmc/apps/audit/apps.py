"""The audit slice."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "opencmc.apps.audit"
    verbose_name = "审计"
