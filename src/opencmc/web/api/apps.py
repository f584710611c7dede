"""The interface keeps answers to writes for a while, and so has a table of its own."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "opencmc.web.api"
    label = "api"
    verbose_name = "接口"
