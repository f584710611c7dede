"""Addresses of the resident's page, merging, review, households and grid areas. Fixed words stand before numbers."""

from django.urls import path

from opencmc.apps.residents import grid_views, household_views, merge_views, record_views, review_views, views

#: Before ``<resident_id>/``: words that are no number of a resident.
fixed = [
    path("review/", review_views.review, name="review"),
    path("review/find/", review_views.find, name="find_duplicates"),
    path("compare/<str:one>/<str:other>/", merge_views.compare_page, name="compare"),
    path("households/new/", household_views.found, name="found_household"),
    path("households/<str:household_id>/", household_views.household, name="household"),
    path("grids/", grid_views.grid_list, name="grids"),
    path("grids/new/", grid_views.grid, name="new_grid"),
    path("grids/<int:grid_id>/", grid_views.grid, name="grid"),
    path("grids/<int:grid_id>/close/", grid_views.close, name="close_grid"),
    path("separate/<int:record_id>/", merge_views.separate, name="separate"),
]
of_resident = [
    path("<str:resident_id>/", record_views.record_page, name="record"),
    path("<str:resident_id>/details/", views.record_page, name="details"),
    path("<str:resident_id>/merges/", merge_views.merges, name="merges"),
    path("<str:resident_id>/move/", household_views.move, name="move"),
]
