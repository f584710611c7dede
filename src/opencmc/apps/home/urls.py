"""Addresses of the home slice."""

from django.urls import path

from opencmc.apps.home import views

app_name = "home"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
]
