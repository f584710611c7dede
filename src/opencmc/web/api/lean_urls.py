"""The addresses that the lean way to the operations knows (``lean``)."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("opencmc.web.api.urls"))]
