"""The network slice."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "opencmc.apps.network"
    verbose_name = "网络"
