"""Where a list goes on: an opaque text that holds the key of the last row (keyset), never a row number to be skipped to."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from django.utils.translation import gettext as _

from opencmc.web.api.problems import Problem


def cursor(*key: Any) -> str:
    text = json.dumps([str(part) if not isinstance(part, int) else part for part in key], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _fits(part: Any, kind: type) -> bool:
    if type(part) is not kind:
        return False
    return "\0" not in part and part.isprintable() if kind is str else abs(part) < 2**63


def read_cursor(text: str, *types: type) -> tuple[Any, ...] | None:
    """The key in ``text`` with parts of these types; ``None`` for the beginning. A text of one's own making is refused."""
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(key, list) and len(key) == len(types) and all(map(_fits, key, types)):
            return tuple(key)
    except (ValueError, binascii.Error, UnicodeError):
        pass
    raise Problem("invalid", errors=[{"parameter": "after", "detail": _("请原样使用上一页给的 next")}])
