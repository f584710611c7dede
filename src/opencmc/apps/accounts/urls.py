"""Addresses of the accounts slice."""

from django.urls import path

from opencmc.apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/demonstration/", views.sign_in_demonstration, name="sign_in_demonstration"),
    path("sign-out/", views.sign_out, name="sign_out"),
]
