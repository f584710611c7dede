"""Sign-in with its second step, and sign-out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.accounts import queries, second_factor, sessions, signing_in
from opencmc.apps.network.api import unit_names

LEVELS = {
    "village": gettext_lazy("村"),
    "township": gettext_lazy("乡镇"),
    "hospital": gettext_lazy("县级医院"),
    "county": gettext_lazy("县级部门"),
}
#: Why somebody finds the sign-in page instead of what they asked for.
OVER = {
    "idle": gettext_lazy("您有一段时间没有操作，为安全已退出。请重新登录，会回到刚才的页面。"),
    "age": gettext_lazy("这次登录已满时限，请重新登录，会回到刚才的页面。"),
    "browser": gettext_lazy("这次登录换了浏览器，为安全已中止。如不是您本人，请登录后改密码。"),
    "password": gettext_lazy("密码已改好，请用新密码登录。"),
}


def next_of(request: HttpRequest) -> str:
    """Where to go on: ``next`` of the form or the address, if it stays on this site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _enter(request: HttpRequest, user, marks: dict[str, bool]) -> HttpResponse:
    """Open the session, under a new key, and lead to the first page that it may show."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("must_change", "awaiting", "verified", "post", "pending_factor"):
        request.session.pop(name, None)
    request.session.update(marks)
    sessions.begin(request, request.at)
    sessions.forget_old(user, request.at)
    if marks or len(queries.posts_of(user, timezone.localdate(request.at))) == 1:
        return redirect(next_of(request))
    return redirect(f"{reverse('accounts:choose_post')}?{urlencode({'next': next_of(request)})}")


def _demonstration() -> list[dict]:
    if not settings.DEMO:
        return []
    names = unit_names()
    return [
        {
            "label": LEVELS[group.level],
            "level": group.level,
            "posts": [
                {
                    "username": post.user.username,
                    "role": post.get_role_display(),
                    "unit": names.get((post.unit_kind, post.unit_id), ""),
                }
                for post in group.posts
            ],
        }
        for group in queries.list_demonstration_posts()
    ]


def sign_in_page(request: HttpRequest, *, problem: str = "", username: str = "", status: int = 200) -> HttpResponse:
    context = {
        "problem": problem,
        "over": OVER.get(request.GET.get("why", ""), "") if not problem else "",
        "username": username,
        "levels_of_posts": _demonstration(),
        "next": next_of(request),
    }
    return render(request, "accounts/sign_in.html", context, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect(next_of(request)) if request.user.is_authenticated else sign_in_page(request)
    username = request.POST.get("username", "").strip()[:150]
    password = request.POST.get("password", "")[:1000]
    if not username or not password:
        return sign_in_page(request, problem=_("请填写用户名和密码。"), username=username, status=422)
    answer = signing_in.sign_in_with_password(request, username=username, password=password, actor=request.actor)
    if answer.user is None:
        response = sign_in_page(
            request, problem=answer.problem, username=username, status=429 if answer.locked else 422
        )
        if answer.locked:
            response["Retry-After"] = str(answer.locked)
        return response
    return _enter(request, answer.user, signing_in.session_marks(answer.user))


@login_not_required
@require_POST
def sign_in_demonstration(request: HttpRequest) -> HttpResponse:
    """One press opens a demonstration account. Not there unless the installation is a demonstration."""
    if not settings.DEMO:
        raise Http404
    user = signing_in.enter_demonstration(username=request.POST.get("username", ""), actor=request.actor)
    return _enter(request, user, {})


@never_cache
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The second step of signing in. Who has bound no phone yet is led to do so."""
    if not second_factor.has_device(request.user):
        return redirect(f"{reverse('accounts:second_factor')}?{urlencode({'next': next_of(request)})}")
    problem = ""
    if request.method == "POST":
        verdict = second_factor.verify(request.actor, request.user, request.POST.get("code", "")[:40])
        if verdict.right:
            mark_verified(request)
            return redirect(next_of(request))
        problem = verdict.why
    context = {"problem": problem, "next": next_of(request)}
    return render(request, "accounts/verify.html", context, status=422 if problem else 200)


def mark_verified(request: HttpRequest) -> None:
    """This session has passed the second step; it goes on under a new key."""
    request.session.pop("awaiting", None)
    request.session["verified"] = True
    sessions.change_key(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    signing_in.leave(request.actor)
    sessions.close(request, request.at, "signed_out")
    logout(request)
    return redirect("accounts:sign_in")


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose page was open for too long, or that comes from elsewhere (the answer of the CSRF guard)."""
    if request.path == reverse("accounts:sign_in"):
        problem = _("这个登录页打开得太久了，已换成新的一页。请再填一次密码。")
        return sign_in_page(request, problem=problem, username=request.POST.get("username", "")[:150], status=403)
    return render(request, "accounts/stale_form.html", status=403)
