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
from opencmc.web.today import demonstration_day

Answer = Callable[[HttpRequest], HttpResponse]


class ProxyMiddleware:
    """Takes the reader's address from the proxy in front, which alone can reach the server (``OPENCMC_BEHIND_TLS``)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            request.META["REMOTE_ADDR"] = forwarded
        return self.get_response(request)


class RequestTimeMiddleware:
    """Puts the moment of the request on it as ``request.at``: below the web nothing reads a clock."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = timezone.now()
        return self.get_response(request)


class HolderMiddleware:
    """Puts the holder (who asks, in which post), the actor (the holder, now, from this address) and the day that is
    today (see ``web.today``) on the request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        day = demonstration_day()
        request.today = day or timezone.localdate(request.at)
        request.holder = SimpleLazyObject(lambda: _holder(request))
        request.actor = Actor(request.holder, request.at, request.META.get("REMOTE_ADDR", ""), day)
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
