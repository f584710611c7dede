"""Addresses of the network slice."""

from django.urls import path

from opencmc.apps.network import views

app_name = "network"
urlpatterns = [path("", views.network, name="network")]
