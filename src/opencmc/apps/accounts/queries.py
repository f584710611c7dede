"""Reads of accounts."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from opencmc.apps.accounts.contracts import Holder
from opencmc.apps.accounts.models import Post
from opencmc.apps.accounts.permissions import INSTITUTIONS_SEEN, can_list_rows


def holder_of(user: User | AnonymousUser) -> Holder:
    """The post of ``user``. A user without one sees the county's sums and no single institution."""
    post = Post.objects.filter(user_id=user.pk).first() if user.is_authenticated else None
    if post is None:
        return Holder(user.get_username(), user.get_username(), "", "county", "", "none", False)
    return Holder(
        username=user.get_username(),
        name=user.first_name or user.get_username(),
        role=post.role,
        unit_kind=post.unit_kind,
        unit_id=post.unit_id,
        institutions_seen=INSTITUTIONS_SEEN[post.role],
        may_list_rows=can_list_rows(post.role),
    )


def list_demonstration_posts() -> list[Post]:
    return list(Post.objects.filter(is_demonstration=True).select_related("user").order_by("id"))
