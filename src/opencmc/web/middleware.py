"""What every request carries, and how a refusal becomes a page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts.api import holder_of
from opencmc.base.errors import DataError, PolicyError, Refused

Answer = Callable[[HttpRequest], HttpResponse]


class RequestTimeMiddleware:
    """Puts the moment of the request on it as ``request.at``: below the web nothing reads a clock."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = timezone.now()
        return self.get_response(request)


class HolderMiddleware:
    """Puts the holder (who asks, in which post) and the actor (the holder, now, from this address) on the request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.holder = SimpleLazyObject(lambda: _holder(request))
        request.actor = Actor(request.holder, request.at, request.META.get("REMOTE_ADDR", ""))
        return self.get_response(request)


def _holder(request: HttpRequest) -> Holder:
    return holder_of(request.user, day=timezone.localdate(request.at), post_id=request.session.get("post"))


class RefusalMiddleware:
    """Shows the three families of refusal as pages that say how to go on; all else stays a fault."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match error:
            case Refused():
                context = {"sentence": error.sentence, "rule": error.rule, "possible_when": error.possible_when}
                return render(request, "refused.html", context, status=403)
            case PolicyError():
                return render(request, "policy_error.html", {"findings": error.findings}, status=500)
            case DataError():
                context = {"sentence": error.sentence, "rule": error.table, "possible_when": ""}
                return render(request, "refused.html", context, status=422)
        return None
