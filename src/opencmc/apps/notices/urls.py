"""Addresses of the notices slice."""

from django.urls import path

from opencmc.apps.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("read/", views.read_all, name="read_all"),
    path("<int:notice_id>/open/", views.open_notice, name="open"),
]
