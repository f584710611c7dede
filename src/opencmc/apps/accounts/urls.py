"""Addresses of the accounts slice."""

from django.urls import path

from opencmc.apps.accounts import break_glass_views, managing_views, own_views, service_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/demonstration/", views.sign_in_demonstration, name="sign_in_demonstration"),
    path("sign-in/second-factor/", views.verify, name="verify"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", own_views.me, name="me"),
    path("me/post/", own_views.choose_post, name="choose_post"),
    path("me/password/", own_views.password, name="password"),
    path("me/second-factor/", own_views.second_factor_page, name="second_factor"),
    path("me/recovery-codes/", own_views.recovery_codes, name="recovery_codes"),
    path("me/sessions/", own_views.end_sessions, name="sessions"),
    path("accounts/", managing_views.accounts, name="accounts"),
    path("accounts/new/", managing_views.new_account, name="new_account"),
    path("accounts/of/<str:username>/", managing_views.account, name="account"),
    path("accounts/of/<str:username>/change/", managing_views.change_account, name="change_account"),
    path("accounts/services/", service_views.services, name="services"),
    path("accounts/services/new/", service_views.new_service, name="new_service"),
    path("accounts/services/of/<str:slug>/", service_views.service, name="service"),
    path("break-glass/", break_glass_views.break_glass, name="break_glass"),
    path("break-glass/open/", break_glass_views.break_glass_open, name="break_glass_open"),
    path("break-glass/of/<str:reference>/", break_glass_views.break_glass_review, name="break_glass_review"),
]
