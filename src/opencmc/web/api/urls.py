"""Addresses of the interface."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from opencmc.web.api.describing import documentation, openapi
from opencmc.web.api.interface import operations_urls

app_name = "api"
urlpatterns = [
    path("openapi.json", login_not_required(openapi), name="openapi"),
    path("docs", documentation, name="docs"),
    *operations_urls(),
]
