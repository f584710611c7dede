"""My account: posts, password, second factor, browsers signed in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import ROLES
from opencmc.apps.accounts import break_glass, passwords, posts, queries, second_factor, sessions
from opencmc.apps.accounts.models import Account
from opencmc.apps.accounts.names import unit_label
from opencmc.apps.accounts.views import mark_verified, next_of
from opencmc.apps.network.api import unit_names
from opencmc.base.errors import Refused

ISSUER = "OpenCMC"


def _post_lines(request: HttpRequest) -> list[dict]:
    names = unit_names()
    return [
        {
            "id": post.pk,
            "role": post.get_role_display(),
            "unit": unit_label(post.unit_kind, post.unit_id, names),
            "start": post.start,
            "end": post.end,
            "current": post.pk == request.holder.post_id,
            "demonstration": post.is_demonstration,
            "second_factor": ROLES[post.role].second_factor and not post.is_demonstration,
        }
        for post in queries.posts_of(request.user, timezone.localdate(request.at))
    ]


@never_cache
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    user = request.user
    account = Account.objects.filter(user=user).first()
    context = {
        "section": "me",
        "posts": _post_lines(request),
        "sessions": sessions.sessions_of(user, request.at, request.session.session_key),
        "has_device": second_factor.has_device(user),
        "codes_left": second_factor.codes_left(user),
        "needed": request.holder.needs_second_factor,
        "has_password": user.has_usable_password(),
        "password_at": account.password_at if account else None,
        "glasses": break_glass.own(request.actor),
    }
    return render(request, "accounts/me.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def choose_post(request: HttpRequest) -> HttpResponse:
    """GET: the posts held today, to pick one. POST ``post``: work in that one from now on."""
    if request.method == "POST":
        chosen = posts.switch(request.actor, request.user, request.POST.get("post", ""))
        request.session["post"] = chosen.pk
        return redirect(next_of(request))
    return render(request, "accounts/choose_post.html", {"posts": _post_lines(request), "next": next_of(request)})


@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; forced after a one-time code. All other sessions end."""
    if not request.user.has_usable_password():
        raise Refused(_("演示账号没有密码"), possible_when=_("在登录页按一下即可进入"))
    error: Refused | None = None
    if request.method == "POST":
        given = {name: request.POST.get(name, "")[:1000] for name in ("old", "new", "again")}
        key = request.session.session_key
        try:
            ended = passwords.change_password(request.actor, request.user, own_key=key, **given)
        except Refused as refused:
            error = refused
        else:
            request.session.pop("must_change", None)
            update_session_auth_hash(request, request.user)
            sessions.follow_key(request, key)
            told = _("密码已改。另外 %(n)s 处登录已退出。") % {"n": ended} if ended else _("密码已改。")
            messages.success(request, told)
            return redirect(next_of(request) if request.POST.get("next") else "accounts:me")
    context = {
        "section": "me",
        "error": error,
        "forced": request.session.get("must_change"),
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "rules": passwords.rules(),
    }
    return render(request, "accounts/password.html", context, status=422 if error else 200)


def _pending_secret(request: HttpRequest) -> str:
    if "pending_factor" not in request.session:
        request.session["pending_factor"] = second_factor.new_secret()
    return request.session["pending_factor"]


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Bind a phone, or another in place of the one before: the session must have passed the former first."""
    has_device = second_factor.has_device(request.user)
    if has_device and not request.session.get("verified"):
        return redirect("accounts:verify")
    problem = ""
    secret = _pending_secret(request)
    if request.method == "POST":
        try:
            codes = second_factor.set_up(
                request.actor, request.user, secret=secret, code=request.POST.get("code", "")[:20]
            )
        except Refused as refused:
            problem = str(refused)
        else:
            del request.session["pending_factor"]
            mark_verified(request)
            return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": next_of(request)})
    address = second_factor.address_of(secret, request.user.get_username(), ISSUER)
    context = {
        "section": "me",
        "problem": problem,
        "picture": second_factor.picture_of(address),
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "has_device": has_device,
        "forced": request.holder.needs_second_factor and not has_device,
        "next": next_of(request),
    }
    return render(request, "accounts/second_factor.html", context, status=422 if problem else 200)


@never_cache
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes in place of the former."""
    if not second_factor.has_device(request.user):
        return redirect("accounts:second_factor")
    if not request.session.get("verified"):
        return redirect("accounts:verify")
    codes = second_factor.renew_codes(request.actor, request.user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": next_of(request)})


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """POST ``session``: the id of one, or "others"."""
    ended = sessions.end_own(
        request.actor,
        request.user,
        session_id=request.POST.get("session", ""),
        own_key=request.session.session_key,
    )
    messages.success(request, _("已退出 %(n)s 处登录。") % {"n": ended})
    return redirect("accounts:me")
