"""The exports slice."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "opencmc.apps.exports"
    verbose_name = "写入数据湖"
