"""All addresses. Every page asks for sign-in except those marked otherwise in their slice."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from opencmc.web.api.describing import problem_page

urlpatterns = [
    path("", include("opencmc.apps.home.urls")),
    path("", include("opencmc.apps.monitoring.urls")),
    path("", include("opencmc.apps.accounts.urls")),
    path("audit/", include("opencmc.apps.audit.urls")),
    path("network/", include("opencmc.apps.network.urls")),
    path("notices/", include("opencmc.apps.notices.urls")),
    path("jobs/", include("opencmc.apps.jobs.urls")),
    path("tasks/", include("opencmc.apps.tasks.urls")),
    path("residents/", include("opencmc.apps.residents.urls")),
    path("rules/", include("opencmc.apps.rules.urls")),
    path("api/v1/", include("opencmc.web.api.urls")),
    path("problems/<slug:kind>", problem_page, name="problem"),
    path("language/", login_not_required(set_language), name="language"),
]

handler400 = "opencmc.web.errors.unreadable"
handler403 = "opencmc.web.errors.forbidden"
handler404 = "opencmc.web.errors.not_found"
handler500 = "opencmc.web.errors.fault"
