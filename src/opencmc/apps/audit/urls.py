"""Addresses of the audit slice."""

from django.urls import path

from opencmc.apps.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.lines, name="lines"),
    path("export.xlsx", views.export, name="export"),
    path("verify/", views.verify, name="verify"),
    path("residents/<str:resident_id>/", views.access_report, name="access_report"),
]
