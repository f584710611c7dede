"""Accounts of other systems: the list, a new one, one of them with its tokens."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from opencmc.apps.access.api import ACTIONS, ROLES, require, role_label
from opencmc.apps.accounts import machines
from opencmc.apps.accounts.forms import ServiceForm, actions_field
from opencmc.apps.accounts.models import ServiceAccount
from opencmc.apps.accounts.names import unit_label
from opencmc.apps.network.api import unit_names
from opencmc.base.errors import Refused


def _line(account: ServiceAccount, names: dict, today: date) -> dict:
    living = [t for t in account.tokens.all() if t.revoked_at is None and (t.until is None or t.until > today)]
    state = "blocked" if account.blocked_at else "over" if account.expires <= today else "active" if living else "empty"
    return {
        "account": account,
        "role": role_label(account.role),
        "unit": unit_label(account.unit_kind, account.unit_id, names),
        "actions": [str(ACTIONS[name].label) for name in account.actions if name in ACTIONS],
        "state": state,
        "living": living,
        "last_used": max((t.last_used for t in account.tokens.all() if t.last_used), default=None),
    }


@never_cache
@require_GET
def services(request: HttpRequest) -> HttpResponse:
    require(request.holder, "accounts.service")
    names, today = unit_names(), timezone.localdate(request.at)
    rows = ServiceAccount.objects.prefetch_related("tokens")
    context = {"section": "accounts", "lines": [_line(row, names, today) for row in rows]}
    return render(request, "accounts/services.html", context)


def _units(role: str) -> list[tuple[str, str, str]]:
    kinds = ROLES[role].held_at
    return sorted((kind, unit, name) for (kind, unit), name in unit_names().items() if kind in kinds)


@never_cache
@require_http_methods(["GET", "POST"])
def new_service(request: HttpRequest) -> HttpResponse:
    """First ``?role=``, then its form."""
    require(request.holder, "accounts.service")
    role = request.GET.get("role", "")
    if role not in ROLES or not machines.actions_of(role):
        roles = [(one.id, one.label) for one in ROLES.values() if machines.actions_of(one.id)]
        return render(request, "accounts/new_service.html", {"section": "accounts", "roles": roles})
    today = timezone.localdate(request.at)
    form = ServiceForm(request.POST or None, role=role, units=_units(role), today=today)
    if request.method == "POST" and form.is_valid():
        try:
            account, token = machines.create(request.actor, **form.wanted())
        except Refused as refused:
            form.refuse(refused)
        else:
            return _show_token(request, account, token)
    context = {"section": "accounts", "form": form, "role": ROLES[role].label}
    return render(request, "accounts/new_service.html", context, status=422 if form.errors else 200)


def _show_token(request: HttpRequest, account: ServiceAccount, token: str, *, renewed: bool = False) -> HttpResponse:
    """The token, on this answer alone."""
    context = {
        "section": "accounts",
        "account": account,
        "token": token,
        "days": machines.OVERLAP_DAYS,
        "renewed": renewed,
    }
    return render(request, "accounts/token.html", context)


class _ChangeForm(forms.Form):
    def __init__(self, *args, account: ServiceAccount, **named) -> None:
        super().__init__(*args, auto_id="%s", **named)
        self.fields["expires"] = forms.DateField(
            label=_("到期"), initial=account.expires, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("请写成 2025-03-08 这样的年-月-日"), "required": _("请填写到期日")},
        )  # fmt: skip
        self.fields["actions"] = actions_field(account.role)
        self.fields["actions"].initial = account.actions


@never_cache
@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """One service account. POST ``do``: change, rotate, revoke, block or unblock."""
    account = machines.find(request.actor, slug)
    actor, form, done = request.actor, _ChangeForm(account=account), ""
    if request.method == "POST":
        match request.POST.get("do", ""):
            case "rotate":
                return _show_token(request, account, machines.rotate(actor, slug), renewed=True)
            case "revoke":
                machines.revoke(actor, slug, request.POST.get("prefix", ""))
                done = _("令牌已作废。")
            case "block" | "unblock" as wish:
                machines.block(actor, slug, blocked=wish == "block")
                done = _("接口账号已停用。") if wish == "block" else _("接口账号已恢复。")
            case "change":
                form = _ChangeForm(request.POST, account=account)
                if form.is_valid():
                    try:
                        machines.change(actor, slug, **form.cleaned_data)
                        done = _("已保存。")
                    except Refused as refused:
                        field = refused.rule if refused.rule in form.fields else None
                        form.add_error(field, f"{refused.sentence}。{refused.possible_when}。")
            case _unknown:
                raise Refused(_("没有这个操作"))
        if done:
            messages.success(request, done)
            return redirect("accounts:service", slug=slug)
    today = timezone.localdate(request.at)
    context = {
        "section": "accounts", "line": _line(account, unit_names(), today), "account": account, "form": form,
        "tokens": account.tokens.all(), "revoke": {"do": "revoke"}, "today": today, "days": machines.OVERLAP_DAYS,
    }  # fmt: skip
    return render(request, "accounts/service.html", context, status=422 if form.errors else 200)
