"""The residents slice."""

from django.apps import AppConfig


class ResidentsConfig(AppConfig):
    name = "opencmc.apps.residents"
    verbose_name = "居民"

    def ready(self) -> None:
        from opencmc.apps.residents import starting

        starting.start()
