"""What was typed into the search box, carried in an address without being readable there.

Names and identifiers do not belong into addresses: those stand in histories and logs. A search is posted; the page that
answers has the text sealed in its address, bound to who typed it, so that going back and reloading work.
"""

from __future__ import annotations

import base64
import binascii

from opencmc.apps.residents.sealing import sealer
from opencmc.base.errors import DataError

_FIELD = "search.text"
_LONGEST = 400


def sealed_text(username: str, text: str) -> str:
    sealed = sealer().seal(_FIELD, username, text[:100])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened_text(username: str, token: str) -> str:
    """What was typed; "" when the address is another person's, or was altered."""
    if len(token) > _LONGEST or not token.isascii():
        return ""
    try:
        return sealer().open(_FIELD, username, base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (DataError, binascii.Error, UnicodeDecodeError):
        return ""
