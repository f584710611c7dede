"""Addresses of the jobs slice."""

from django.urls import path

from opencmc.apps.jobs import views

app_name = "jobs"
urlpatterns = [path("", views.jobs, name="jobs"), path("<int:job_id>/retry/", views.retry, name="retry")]
