"""Between sign-in and the pages: sessions that are over end, and what must come first comes first."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from opencmc.apps.accounts import sessions, signing_in

#: Reached before the password is changed and the second factor is passed.
_ALWAYS = ("accounts:sign_out", "language")


class BoundSessionMiddleware:
    """After the holder is known: ends sessions that are idle, too old, or in another browser; lets a session that still
    owes a new password or a second factor reach only the page for that, and one without a post today only the own
    account. Costs no query beyond that of the holder."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        why = sessions.why_over(request, request.at)
        if why:
            signing_in.leave(request.actor, reason=why)
            sessions.close(request, request.at, why)
            logout(request)
            return _elsewhere(request, "accounts:sign_in", why=why)
        owed = _owed(request)
        if owed and request.path not in {reverse(name) for name in (*_ALWAYS, *owed)}:
            return _elsewhere(request, owed[0])
        chosen = request.session.get("post")
        if chosen is not None and request.holder.post_id != chosen:
            # The post has ended: its rights are gone with this very request, and another is picked knowingly.
            del request.session["post"]
            if request.holder.post_id is not None and not request.path.startswith("/api/"):
                return _elsewhere(request, "accounts:choose_post")
        if not request.holder.role and not _own(request):
            return _without_post(request)
        return self.get_response(request)


def _own(request: HttpRequest) -> bool:
    """Pages of the own account, which take no right, and the interface for machines, which asks for each by itself."""
    return request.path.startswith(("/me/", "/api/", "/problems/")) or request.path in {
        reverse(name) for name in (*_ALWAYS, "accounts:sign_in")
    }


def _without_post(request: HttpRequest) -> HttpResponse:
    """No post today, no rights: whatever the page behind would have checked."""
    return render(request, "accounts/choose_post.html", {"posts": [], "next": "/"}, status=403)


def _owed(request: HttpRequest) -> tuple[str, ...]:
    """The pages that come first; the first of them is where to go."""
    if request.session.get("awaiting"):
        return ("accounts:verify",)
    if request.session.get("must_change"):
        return ("accounts:password",)
    if not request.session.get("verified") and request.holder.needs_second_factor:
        return ("accounts:verify", "accounts:second_factor")
    return ()


def _elsewhere(request: HttpRequest, page: str, **query: str) -> HttpResponse:
    """To ``page`` and back; a program is told instead (RFC 9457)."""
    if request.path.startswith("/api/"):
        return _problem(401, f"sign in again: {page.split(':')[-1]}")
    if request.method == "GET" and request.path != "/":
        query["next"] = request.get_full_path()
    return redirect(reverse(page) + (f"?{urlencode(query)}" if query else ""))


def _problem(status: int, title: str) -> HttpResponse:
    content = {"type": "about:blank", "title": title, "status": status}
    return JsonResponse(content, status=status, content_type="application/problem+json")
