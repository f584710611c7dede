"""Addresses of the residents slice."""

from django.urls import path

from opencmc.apps.residents import edit_views, import_views, record_urls, views

app_name = "residents"
urlpatterns = [
    path("", views.search_page, name="search"),
    path("suggest/", views.suggest, name="suggest"),
    path("mine/", views.mine, name="mine"),
    path("new/", edit_views.create, name="create"),
    path("import/", import_views.imports, name="imports"),
    path("import/template.csv", import_views.template, name="import_template"),
    path("import/<int:run_id>/", import_views.import_run, name="import_run"),
    path("import/<int:run_id>/refused.csv", import_views.refused, name="import_refused"),
    *record_urls.fixed,
    *record_urls.of_resident,
    path("<str:resident_id>/edit/", edit_views.edit, name="edit"),
    path("<str:resident_id>/reveal/", views.reveal, name="reveal"),
    path("<str:resident_id>/emergency/", views.emergency, name="emergency"),
]
