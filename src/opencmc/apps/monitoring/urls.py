"""Addresses of the monitoring slice."""

from django.urls import path

from opencmc.apps.monitoring import export_views, views

app_name = "monitoring"
urlpatterns = [
    path("cockpit/", views.cockpit_view, name="cockpit"),
    path("cockpit/export.xlsx", export_views.cockpit_excel, name="cockpit_excel"),
    path("cockpit/export.pdf", export_views.cockpit_pdf, name="cockpit_pdf"),
    path("indicators/", views.indicator_sets, name="indicators"),
    path("indicators/<slug:indicator>/", views.indicator, name="indicator"),
    path("indicators/<slug:indicator>/rows/", views.rows, name="rows"),
    path("indicators/<slug:indicator>/export.xlsx", export_views.indicator_excel, name="indicator_excel"),
    path("indicators/<slug:indicator>/export.pdf", export_views.indicator_pdf, name="indicator_pdf"),
    path("data/", views.data, name="data"),
]
