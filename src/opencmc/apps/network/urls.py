"""Addresses of the network slice."""

from django.urls import path

from opencmc.apps.network.views import exchange, governance, institutions, reorganisations, tree

app_name = "network"
_one = "reorganisations/<str:number>/"
_institution = "institutions/<str:institution_id>/"
urlpatterns = [
    path("", tree.network, name="network"),
    path("communities/<str:community_id>/", tree.community, name="community"),
    path("institutions/", institutions.institutions, name="institutions"),
    path(_institution, institutions.institution, name="institution"),
    path(f"{_institution}edit/", institutions.edit, name="institution_edit"),
    path(f"{_institution}names/", institutions.add_name, name="name_add"),
    path(f"{_institution}names/<str:row_id>/end/", institutions.end_name, name="name_end"),
    path(f"{_institution}services/", institutions.add_service, name="service_add"),
    path(f"{_institution}services/<str:row_id>/end/", institutions.end_service, name="service_end"),
    path(f"{_institution}answers/", institutions.answer, name="answer"),
    path("standards/", institutions.standards, name="standards"),
    path("reorganisations/", reorganisations.reorganisations, name="reorganisations"),
    path(_one, reorganisations.reorganisation, name="reorganisation"),
    path(f"{_one}edit/", reorganisations.edit, name="reorganisation_edit"),
    path(f"{_one}changes/", reorganisations.add, name="change_add"),
    path(f"{_one}changes/<str:change_id>/remove/", reorganisations.remove, name="change_remove"),
    path(f"{_one}apply/", reorganisations.apply, name="reorganisation_apply"),
    path(f"{_one}undo/", reorganisations.undo, name="reorganisation_undo"),
    path(f"{_one}discard/", reorganisations.discard, name="reorganisation_discard"),
    path("decisions/", governance.decisions, name="decisions"),
    path("decisions/<str:decision_id>/", governance.decision, name="decision"),
    path("public-health/", governance.posts, name="posts"),
    path("public-health/<str:post_id>/", governance.post, name="post"),
    path("public-health/<str:post_id>/end/", governance.end_post, name="post_end"),
    path("public-health/records/<str:record_id>/outcome/", governance.outcome, name="outcome"),
    path("export.xlsx", exchange.export, name="export"),
    path("import/", exchange.import_, name="import"),
    path("import/<str:number>/", exchange.import_draft, name="import_draft"),
    path("import/<str:number>/apply/", exchange.import_apply, name="import_apply"),
]
