"""Sign-in and sign-out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.accounts import actions, queries
from opencmc.apps.network.api import unit_names


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return settings.LOGIN_REDIRECT_URL


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and request.method == "GET":
        return redirect(_next(request))
    problem, username = "", ""
    if request.method == "POST":
        username = request.POST.get("username", "").strip()[:150]
        password = request.POST.get("password", "")[:1000]
        if not username or not password:
            problem = _("请填写用户名和密码。")
        elif user := actions.check_password(request, username=username, password=password, actor=request.actor):
            login(request, user)
            return redirect(_next(request))
        else:
            problem = _("用户名或密码不对，请重新填写。忘记密码请联系本单位的系统管理员。")
    names = unit_names()
    posts = [
        {
            "username": post.user.username,
            "name": post.user.first_name,
            "role": post.get_role_display(),
            "unit": names.get((post.unit_kind, post.unit_id), ""),
        }
        for post in (queries.list_demonstration_posts() if settings.DEMO else [])
    ]
    context = {"problem": problem, "username": username, "posts": posts, "next": _next(request)}
    return render(request, "accounts/sign_in.html", context, status=422 if problem else 200)


@login_not_required
@require_POST
def sign_in_demonstration(request: HttpRequest) -> HttpResponse:
    """One press opens a demonstration account. Not there unless the installation is a demonstration."""
    if not settings.DEMO:
        raise Http404
    user = actions.enter_demonstration(username=request.POST.get("username", ""), actor=request.actor)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(_next(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    actions.leave(request.actor)
    logout(request)
    return redirect("accounts:sign_in")
