"""Giving and ending posts, and working in one of them."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import ROLES, UNIT_KINDS, Actor, role_label
from opencmc.apps.accounts.constraints import overlaps
from opencmc.apps.accounts.models import Post
from opencmc.apps.accounts.names import unit_label
from opencmc.apps.accounts.queries import posts_of
from opencmc.apps.audit.api import audited
from opencmc.base.errors import Refused


def check_post(*, role: str, unit_kind: str, unit_id: str, start: date, end: date | None) -> None:
    """Refused when the role is none, cannot be held at such a unit, lacks a unit, or ends before it begins."""
    if role not in ROLES:
        raise Refused(f"没有“{role}”这个角色。", possible_when=f"可用的角色：{'、'.join(ROLES)}。")
    if unit_kind not in ROLES[role].held_at:
        held_at = "、".join(str(UNIT_KINDS[kind]) for kind in ROLES[role].held_at)
        raise Refused(
            f"{role_label(role)}不能任职于这一类单位（{UNIT_KINDS.get(unit_kind, unit_kind)}）。",
            rule="unit",
            possible_when=f"可任职的单位类别：{held_at}。",
        )
    if (unit_kind == "county") != (not unit_id):
        raise Refused(_("没有写明单位"), rule="unit", possible_when=_("请从列表中选一个单位；县级角色不填"))
    if end is not None and end <= start:
        raise Refused(
            _("岗位的止日 %(end)s 不在起日 %(start)s 之后") % {"end": end, "start": start},
            rule="end",
            possible_when=_("止日当天不再任职；不定期的留空"),
        )


def give(user: User, *, role: str, unit_kind: str, unit_id: str, start: date, end: date | None) -> Post:
    """Write a post. Refused when the person holds the same one on any of these days. Inside the caller's audited block:
    a refusal rolls that block back."""
    check_post(role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=end)
    try:
        with transaction.atomic():
            return Post.objects.create(user=user, role=role, unit_kind=unit_kind, unit_id=unit_id, start=start, end=end)
    except IntegrityError as error:
        if not overlaps(error) and "one_post_a_start" not in str(error) and "UNIQUE" not in str(error):
            raise
        raise Refused(
            _("%(name)s在这段时间已经是%(unit)s的%(role)s")
            % {"name": user.first_name or user.get_username(), "unit": unit_label(unit_kind, unit_id),
               "role": role_label(role)},
            rule="start",
            possible_when=_("请换一段不重叠的日期，或先结束原来的岗位"),
        ) from error  # fmt: skip


def end(post: Post, day: date) -> None:
    """End ``post`` so that ``day`` is the first day without it; one that would never have been held is taken away."""
    if post.end is not None and post.end <= day:
        raise Refused(_("这个岗位已经在 %(day)s 结束") % {"day": post.end})
    if post.start >= day:
        post.delete()
        return
    Post.objects.filter(pk=post.pk).update(end=day)


def switch(actor: Actor, user: User, post_id: str) -> Post:
    """The post in which ``user`` works from now on. Refused unless it is held today."""
    held = posts_of(user, timezone.localdate(actor.at))
    post = next((post for post in held if str(post.pk) == post_id), None)
    if post is None:
        raise Refused(
            _("您今天没有这个岗位"),
            possible_when=_("可能已经到期或被结束；请从“我的账号”里列出的岗位中选择"),
        )
    with audited(actor) as trail:
        trail.add("switch_post", object_=f"{post.role} {post.unit_kind}:{post.unit_id}")
    return post


def open_or_coming(user_ids: list[int], day: date) -> list[Post]:
    """Posts of these users that are held on ``day`` or later."""
    return list(Post.objects.filter(Q(end__isnull=True) | Q(end__gt=day), user_id__in=user_ids).order_by("start", "id"))
