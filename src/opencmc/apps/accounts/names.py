"""How people and units are named here: user names that can be typed, initials of names, labels of units."""

from __future__ import annotations

import re
import unicodedata

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from opencmc.apps.network.api import unit_names
from opencmc.base.errors import Refused

USERNAME_LENGTH = 40
_USERNAME = re.compile(r"[\w.@+-]+\Z")
#: The program itself and other systems sign audit lines by these.
RESERVED = frozenset({"opencmc", "system"})


def plain_username(text: str) -> str:
    """As it is kept: NFKC, so that full-width letters of an input method are the same name; without blanks around."""
    return User.normalize_username(text.replace("\0", "").strip())[:150]


def folded(text: str, length: int) -> str:
    """One line of what somebody wrote: blanks folded, no NUL (PostgreSQL takes none), at most ``length`` signs."""
    return " ".join(text.replace("\0", " ").split())[:length]


def check_username(username: str) -> str:
    """The plain form. Refused when it cannot be a name: empty, too long, blanks or signs, or kept for the program."""
    plain = plain_username(username)
    bad = [sign for sign in plain if unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs", "Zs"}]
    if not plain or bad or not _USERNAME.match(plain) or plain.lower() in RESERVED:
        raise Refused(
            _("“%(name)s”不能作用户名") % {"name": username[:40]},
            rule="username",
            possible_when=_("用汉字、字母、数字和 . - _ @，中间不留空格，例如 wang.xd 或 王小店"),
        )
    if len(plain) > USERNAME_LENGTH:
        raise Refused(_("用户名太长"), rule="username", possible_when=_("最多 %(n)s 个字") % {"n": USERNAME_LENGTH})
    return plain


def initials_of(name: str) -> str:
    """``"王小明"`` → ``"wxm"``; letters stay, lower case. What the list of accounts can be searched by."""
    found = lazy_pinyin(name.strip(), style=Style.FIRST_LETTER, errors=lambda part: [c for c in part if c.isalnum()])
    return "".join(found).lower()[:60]


def unit_label(unit_kind: str, unit_id: str, names: dict[tuple[str, str], str] | None = None) -> str:
    """The short name of a unit; the county has none of its own here."""
    if not unit_id:
        return _("全县")
    known = names if names is not None else unit_names()
    return known.get((unit_kind, unit_id)) or _("%(id)s（已不在机构网络中）") % {"id": unit_id}
