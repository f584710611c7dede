"""Reads of accounts."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from opencmc.apps.access.api import Holder
from opencmc.apps.accounts.models import Post


def posts_of(user: User, day: date) -> list[Post]:
    """The posts that ``user`` holds on ``day``, in the order in which they were given."""
    held = Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))
    return list(Post.objects.filter(held, user_id=user.pk).order_by("id"))


def holder_of(user: User | AnonymousUser, *, day: date, post_id: int | None = None) -> Holder:
    """``user`` in the post ``post_id``, if it is held on ``day``, otherwise in the first that is. Without any post the
    role is "": the county's sums and no single institution."""
    posts = posts_of(user, day) if user.is_authenticated else []
    if not posts:
        return Holder(user.get_username(), user.get_username(), "", "county", "")
    post = next((post for post in posts if post.pk == post_id), posts[0])
    return Holder(
        username=user.get_username(),
        name=user.first_name or user.get_username(),
        role=post.role,
        unit_kind=post.unit_kind,
        unit_id=post.unit_id,
        post_id=post.pk,
    )


def list_demonstration_posts() -> list[Post]:
    return list(Post.objects.filter(is_demonstration=True).select_related("user").order_by("id"))
