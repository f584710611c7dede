"""The list of accounts, and one of them, as a manager of accounts sees them: scope, paging and search inside the query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import ROLES, Actor, Reach, require, role_label, roles_given_by, rule_of
from opencmc.apps.accounts import lockout, posts
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.accounts.names import plain_username, unit_label
from opencmc.apps.accounts.queries import held_on
from opencmc.apps.accounts.second_factor import has_device
from opencmc.apps.network.api import institutions_within, unit_names
from opencmc.apps.paging import Counted, Page, page_of
from opencmc.base.errors import Refused

SIZE = 50
STATES = ("all", "active", "no_post", "blocked")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a manager reaches: the institutions (``None``: all units), and the roles that the manager may give."""

    institutions: frozenset[str] | None
    roles: tuple[str, ...]

    def holds(self, post: Post) -> bool:
        """Whether the unit of ``post`` lies within."""
        if self.institutions is None:
            return True
        return post.unit_kind == "institution" and post.unit_id in self.institutions

    def gives(self, post: Post) -> bool:
        return post.role in self.roles and self.holds(post)


def scope_of(actor: Actor) -> Scope:
    found: Reach = require(actor.holder, "accounts.manage")
    return Scope(institutions_within(found, timezone.localdate(actor.at)), roles_given_by(actor.holder))


def _posts_within(scope: Scope) -> QuerySet[Post]:
    rows = Post.objects.filter(user_id=OuterRef("pk"))
    if scope.institutions is not None:
        rows = rows.filter(unit_kind="institution", unit_id__in=scope.institutions)
    return rows


def users_within(scope: Scope) -> QuerySet[User]:
    """Users with a post, now, before or to come, at a unit within; of the whole county all users."""
    users = User.objects.all()
    return users if scope.institutions is None else users.filter(Exists(_posts_within(scope)))


@dataclass(frozen=True, slots=True)
class PostLine:
    id: int
    role: str
    unit: str
    start: date
    end: date | None
    state: str
    may_end: bool
    demonstration: bool


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in the list: ``state`` is active, no_post, blocked or locked."""

    username: str
    name: str
    posts: tuple[PostLine, ...]
    state: str
    last_login: datetime | None
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page
    total: int
    counts: dict[str, int]


def _searched(users: QuerySet[User], text: str) -> QuerySet[User]:
    text = plain_username(text)[:60]
    if not text:
        return users
    found = Q(username__icontains=text) | Q(first_name__icontains=text)
    if text.isascii():
        found |= Q(account__initials__startswith=text.lower())
    return users.filter(found)


def _in_state(users: QuerySet[User], state: str, day: date) -> QuerySet[User]:
    if state == "all":
        return users
    if state == "blocked":
        return users.filter(is_active=False)
    holds = Exists(Post.objects.filter(held_on(day), user_id=OuterRef("pk")))
    return users.filter(holds if state == "active" else ~holds, is_active=True)


def list_accounts(actor: Actor, query: Mapping[str, str]) -> Listing:
    """``q`` (name, user name, initials), ``role``, ``unit`` ("kind:id"), ``state``, ``page`` of ``query``."""
    scope, day = scope_of(actor), timezone.localdate(actor.at)
    users = _searched(users_within(scope), query.get("q", ""))
    held = Post.objects.filter(held_on(day), user_id=OuterRef("pk"))
    if query.get("role") in ROLES:
        users = users.filter(Exists(held.filter(role=query["role"])))
    unit_kind, _colon, unit_id = query.get("unit", "").partition(":")
    if unit_id:
        users = users.filter(Exists(held.filter(unit_kind=unit_kind, unit_id=unit_id)))
    counts = {state: _in_state(users, state, day).count() for state in STATES}
    state = query.get("state") if query.get("state") in STATES else "all"
    rows = _in_state(users, state, day).order_by("username")
    page = page_of(Counted(rows), query, SIZE)
    lines = _lines(page.rows, scope, actor.at)
    return Listing(Page(lines, page.number, page.count, page.earlier, page.later), counts[state], counts)


def _lines(users: list[User], scope: Scope, at: datetime) -> list[AccountLine]:
    day, names = timezone.localdate(at), unit_names()
    held: dict[int, list[PostLine]] = {}
    for post in posts.open_or_coming([user.pk for user in users], day):
        held.setdefault(post.user_id, []).append(_post_line(post, day, names, may_end=False))
    locked = lockout.locked_names([user.username for user in users], at)
    return [
        AccountLine(
            user.username,
            user.first_name,
            tuple(held.get(user.pk, ())),
            _state(user, held.get(user.pk, []), user.username in locked),
            user.last_login,
            any(line.demonstration for line in held.get(user.pk, ())),
        )
        for user in users
    ]


def _state(user: User, held: list[PostLine], locked: bool) -> str:
    if not user.is_active:
        return "blocked"
    if locked:
        return "locked"
    return "active" if any(line.state == "held" for line in held) else "no_post"


def _post_line(post: Post, day: date, names: dict, *, may_end: bool) -> PostLine:
    state = "coming" if post.start > day else "held" if post.end is None or post.end > day else "over"
    return PostLine(
        post.pk,
        role_label(post.role),
        unit_label(post.unit_kind, post.unit_id, names),
        post.start,
        post.end,
        state,
        may_end and state != "over",
        post.is_demonstration,
    )


@dataclass(frozen=True, slots=True)
class Detail:
    """One account. ``managed``: password, second factor and blocking are this manager's to do; else ``why_not``."""

    user: User
    account: Account
    posts: tuple[PostLine, ...]
    state: str
    locked_until: datetime | None
    has_device: bool
    managed: bool
    why_not: str


def find_user(actor: Actor, username: str) -> User:
    """Refused without telling whether there is such an account elsewhere."""
    user = users_within(scope_of(actor)).filter(username=plain_username(username)).first()
    if user is None:
        raise Refused(
            _("没有这个账号，或不在您的管理范围内"),
            rule=rule_of("accounts.manage"),
            possible_when=_("您只能管理在本机构及下属机构任职的人"),
        )
    return user


def why_not_managed(actor: Actor, user: User) -> str:
    """ "" when ``actor`` may reset, block and unlock ``user``: not oneself, and every post that is held or to come is one
    that ``actor`` could give. Otherwise a manager of one place could take over somebody with rights elsewhere."""
    if user.username == actor.holder.username:
        return _("不能管理自己的账号；改密码和两步验证请到“我的账号”。")
    scope = scope_of(actor)
    if scope.institutions is None and actor.holder.role in {"system", "system_administrator"}:
        return ""
    beyond = [p for p in posts.open_or_coming([user.pk], timezone.localdate(actor.at)) if not scope.gives(p)]
    if beyond:
        return _("这个人还有您不能授予的岗位（%(role)s），密码和停用由县里的系统管理员办理。") % {
            "role": role_label(beyond[0].role)
        }
    return ""


def detail(actor: Actor, username: str) -> Detail:
    user, scope = find_user(actor, username), scope_of(actor)
    day, names = timezone.localdate(actor.at), unit_names()
    rows = Post.objects.filter(user=user).order_by(F("end").desc(nulls_first=True), "-start")
    own = user.username == actor.holder.username
    lines = tuple(
        _post_line(post, day, names, may_end=not own and scope.gives(post))
        for post in rows
        if scope.holds(post) or post.end is None or post.end > day
    )
    account, _new = Account.objects.get_or_create(user=user)
    why_not = why_not_managed(actor, user)
    locked = lockout.locked_names([user.username], actor.at).get(user.username)
    held = [line for line in lines if line.state == "held"]
    state = _state(user, held, locked is not None)
    return Detail(user, account, lines, state, locked, has_device(user), not why_not, why_not)


def unit_choices(actor: Actor) -> list[tuple[str, str, str]]:
    """(unit kind, id, name) of the units at which ``actor`` may give posts, institutions first."""
    scope, names = scope_of(actor), unit_names()
    kinds = ("institution",) if scope.institutions is not None else ("institution", "community", "township")
    rows = [
        (kind, unit_id, label)
        for (kind, unit_id), label in names.items()
        if kind in kinds and (scope.institutions is None or unit_id in scope.institutions)
    ]
    return sorted(rows, key=lambda row: (kinds.index(row[0]), row[1]))


def role_choices(actor: Actor) -> list[tuple[str, str]]:
    """The roles that ``actor`` may give, as (id, label)."""
    return [(role, str(ROLES[role].label)) for role in scope_of(actor).roles]
