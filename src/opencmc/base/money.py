"""Money in whole fen (分). Amounts are ``int``; this module only reads and writes them."""

from __future__ import annotations

import re

from opencmc.base.division import round_half_up

#: An amount in fen.
Fen = int

#: No single amount or total may reach this: sums and products then stay inside 64 bits (about 922 亿元).
LARGEST_FEN = 9_223_372_036_854

_YUAN = re.compile(r"(?P<sign>[-+]?)(?P<yuan>\d+)(?:\.(?P<fen>\d{1,2}))?")


def parse_yuan(text: str) -> Fen:
    """Read an amount in yuan with at most two decimals, for example ``"1234.5"`` → ``123450``.

    Raises ``ValueError`` for anything else; thousands separators are not guessed at.
    """
    match = _YUAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected yuan with at most two decimals, got {text!r}")
    amount = int(match["yuan"]) * 100 + int((match["fen"] or "0").ljust(2, "0"))
    if amount >= LARGEST_FEN:
        raise ValueError(f"amount is too large: {text!r}")
    return -amount if match["sign"] == "-" else amount


def format_yuan(amount: Fen) -> str:
    """Yuan with two decimals and thin groups of thousands: ``123456789`` → ``1,234,567.89``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def format_wan(amount: Fen) -> str:
    """Headline form in 万元 with two decimals, rounded half up: ``123456789`` → ``123.46``."""
    hundredths = round_half_up(abs(amount), 10_000)
    sign = "-" if amount < 0 and hundredths else ""
    return f"{sign}{hundredths // 100:,}.{hundredths % 100:02d}"
