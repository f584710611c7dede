"""Accounts as their manager works with them: the list, one account, a new one."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.accounts import listing, managing
from opencmc.apps.accounts.forms import AccountForm, PostForm
from opencmc.apps.accounts.passwords import CODE_HOURS
from opencmc.base.errors import Refused

STATES = {
    "all": gettext_lazy("全部"),
    "active": gettext_lazy("在岗"),
    "no_post": gettext_lazy("今天没有岗位"),
    "blocked": gettext_lazy("已停用"),
}


@never_cache
@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """``?q=``, ``?role=``, ``?state=``, ``?page=``."""
    require(request.holder, "accounts.manage")
    query = {name: request.GET.get(name, "")[:60] for name in ("q", "role", "state", "page")}
    found = listing.list_accounts(request.actor, query)
    kept = {name: query[name] for name in ("q", "role") if query[name]}
    state = query["state"] if query["state"] in STATES else "all"
    chips = [
        {"label": label, "href": "?" + urlencode({**kept, "state": name}), "current": name == state,
         "count": found.counts[name]}
        for name, label in STATES.items()
    ]  # fmt: skip
    context = {
        "section": "accounts",
        "found": found,
        "page": found.page,
        "chips": chips,
        "query": query | {"state": state},
        "roles": listing.role_choices(request.actor),
    }
    return render(request, "accounts/accounts.html", context)


def _choices(request: HttpRequest) -> dict:
    return {
        "roles": listing.role_choices(request.actor),
        "units": listing.unit_choices(request.actor),
        "today": timezone.localdate(request.at),
    }


@never_cache
@require_http_methods(["GET", "POST"])
def new_account(request: HttpRequest) -> HttpResponse:
    require(request.holder, "accounts.manage")
    form = AccountForm(request.POST or None, **_choices(request))
    if request.method == "POST" and form.is_valid():
        try:
            code = managing.create(
                request.actor,
                username=form.cleaned_data["username"],
                name=form.cleaned_data["name"],
                **form.wanted(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return _show_code(request, form.cleaned_data["username"], code)
    status = 422 if form.errors else 200
    return render(request, "accounts/new_account.html", {"section": "accounts", "form": form}, status=status)


def _show_code(request: HttpRequest, username: str, code: str) -> HttpResponse:
    """The one-time code, on this answer alone."""
    found = listing.detail(request.actor, username)
    context = {"section": "accounts", "found": found, "code": code, "hours": CODE_HOURS}
    return render(request, "accounts/one_time_code.html", context)


def _page(request: HttpRequest, username: str, *, form: PostForm | None = None, error: Refused | None = None):
    found = listing.detail(request.actor, username)
    context = {
        "section": "accounts",
        "found": found,
        "form": form or PostForm(**_choices(request)),
        "error": error,
        "today": timezone.localdate(request.at),
        "own": username == request.holder.username,
    }
    return render(request, "accounts/account.html", context, status=422 if error or (form and form.errors) else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, username: str) -> HttpResponse:
    """One account. POST: give it one more post."""
    require(request.holder, "accounts.manage")
    if request.method == "GET":
        return _page(request, username)
    form = PostForm(request.POST, **_choices(request))
    if form.is_valid():
        try:
            managing.give_post(request.actor, username, _version(request), **form.wanted())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("已加岗位。"))
            return redirect("accounts:account", username=username)
    return _page(request, username, form=form)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _last_day(request: HttpRequest) -> date:
    text = request.POST.get("day", "").strip()
    try:
        return date.fromisoformat(text) if text else timezone.localdate(request.at)
    except ValueError as error:
        raise Refused(
            _("“%(text)s”不是日期") % {"text": text[:20]}, possible_when=_("请写成 2025-03-08 这样的年-月-日")
        ) from error


@never_cache
@require_POST
def change_account(request: HttpRequest, username: str) -> HttpResponse:
    """POST ``do``: end_post, reset_password, block, unblock, unlock or reset_second_factor, with the ``version`` seen."""
    require(request.holder, "accounts.manage")
    actor, version, done = request.actor, _version(request), ""
    try:
        match request.POST.get("do", ""):
            case "end_post":
                post_id = request.POST.get("post", "")
                managing.end_post(actor, username, version, post_id=post_id, day=_last_day(request))
                done = _("岗位已结束。")
            case "reset_password":
                return _show_code(request, username, managing.reset_password(actor, username, version))
            case "block":
                managing.block(actor, username, version, request.POST.get("reason", ""))
                done = _("账号已停用，所有登录已退出。")
            case "unblock":
                managing.unblock(actor, username, version)
                done = _("账号已恢复。")
            case "unlock":
                managing.unlock(actor, username, version)
                done = _("已解锁，可以马上登录。")
            case "reset_second_factor":
                managing.reset_second_factor(actor, username, version)
                done = _("两步验证已重置，下次登录时重新绑定。")
            case _unknown:
                raise Refused(_("没有这个操作"))
    except Refused as refused:
        listing.find_user(actor, username)  # beyond the reach the refusal itself is the page
        return _page(request, username, error=refused)
    messages.success(request, done)
    return redirect("accounts:account", username=username)
