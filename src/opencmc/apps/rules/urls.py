"""Addresses of the rules slice."""

from django.urls import path

from opencmc.apps.rules import views

app_name = "rules"
urlpatterns = [
    path("", views.book, name="book"),
    path("differences/", views.differences, name="differences"),
    path("<str:entry_id>/", views.entry, name="entry"),
]
