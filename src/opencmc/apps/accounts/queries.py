"""Reads of posts: who holds what on a day, and in which of them somebody works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from opencmc.apps.access.api import ROLES, Holder
from opencmc.apps.accounts.models import Post
from opencmc.apps.network.api import list_units


def held_on(day: date) -> Q:
    return Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))


def posts_of(user: User, day: date) -> list[Post]:
    """The posts that ``user`` holds on ``day``, in the order in which they were given."""
    return list(Post.objects.filter(held_on(day), user_id=user.pk).order_by("id"))


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
        needs_second_factor=any(_asks_for_more(post) for post in posts),
    )


def _asks_for_more(post: Post) -> bool:
    role = ROLES.get(post.role)
    return not post.is_demonstration and role is not None and role.second_factor


@dataclass(frozen=True, slots=True)
class DemonstrationLevel:
    """Demonstration posts of one level of the county: "village", "township", "hospital", "county"."""

    level: str
    posts: tuple[Post, ...]


_LEVELS = {"village": "village", "township": "township", "county": "hospital"}


def list_demonstration_posts() -> list[DemonstrationLevel]:
    """By level, from the village up; a unit that the network does not know counts as the county's."""
    units = list_units()
    found: dict[str, list[Post]] = {level: [] for level in ("village", "township", "hospital", "county")}
    for post in Post.objects.filter(is_demonstration=True).select_related("user").order_by("id"):
        unit = units.get(post.unit_id) if post.unit_kind == "institution" else None
        level = _LEVELS.get(unit.tier, "county") if unit else "township" if post.unit_kind == "township" else "county"
        found[level].append(post)
    return [DemonstrationLevel(level, tuple(posts)) for level, posts in found.items() if posts]
