"""All addresses. Every page asks for sign-in except those marked otherwise in their slice."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("opencmc.apps.monitoring.urls")),
    path("", include("opencmc.apps.accounts.urls")),
    path("network/", include("opencmc.apps.network.urls")),
    path("rules/", include("opencmc.apps.rules.urls")),
    path("language/", login_not_required(set_language), name="language"),
]

handler403 = "opencmc.web.errors.forbidden"
handler404 = "opencmc.web.errors.not_found"
handler500 = "opencmc.web.errors.fault"
