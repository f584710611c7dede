"""Addresses of the tasks slice."""

from django.urls import path

from opencmc.apps.tasks import views

app_name = "tasks"
urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("<int:task_id>/finish/", views.finish, name="finish"),
    path("<int:task_id>/postpone/", views.postpone, name="postpone"),
    path("<int:task_id>/hand-over/", views.hand_over, name="hand_over"),
    path("<int:task_id>/take/", views.take, name="take"),
    path("<int:task_id>/cancel/", views.cancel, name="cancel"),
    path("<int:task_id>/reopen/", views.reopen, name="reopen"),
]
