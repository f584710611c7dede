"""The network slice."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "opencmc.apps.network"
    verbose_name = "网络"

    def ready(self) -> None:
        from opencmc.apps.audit.api import name_units
        from opencmc.apps.network.queries import unit_names

        name_units(unit_names)
