"""More than a password: a code that changes every 30 seconds (TOTP, RFC 6238, device of django-otp), or a recovery code.

The secret is sealed with AES-256-GCM under ``keys/factor.key`` of the home, bound to its user: the database alone opens
no account. A code opens once: the step that it belongs to is remembered in the same statement.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts.models import Account, RecoveryCode
from opencmc.apps.audit.api import audited, record
from opencmc.base.errors import Refused

CODES = 10
FAILURES, PAUSE = 5, timedelta(minutes=15)
#: Steps of 30 seconds that a phone's clock may be off, to either side.
TOLERANCE = 1
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs, none that is read for another


def _cipher() -> AESGCM:
    return AESGCM(import_string(settings.KEY)(settings.OPENCMC_HOME, "factor"))


def _seal(secret: bytes, user: User) -> str:
    nonce = secrets.token_bytes(12)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret, str(user.pk).encode())).decode()


def _unseal(sealed: str, user: User) -> bytes:
    raw = base64.b64decode(sealed)
    try:
        return _cipher().decrypt(raw[:12], raw[12:], str(user.pk).encode())
    except InvalidTag as error:
        raise Refused(
            _("读不出这个账号的两步验证密钥"),
            possible_when=_("安装的密钥文件可能换过；请账号管理人为您重置两步验证"),
        ) from error


def new_secret() -> str:
    """A fresh secret as base32, to be kept in the session until its first code was right."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address_of(secret: str, username: str, issuer: str) -> str:
    """The ``otpauth://`` address that a QR code holds."""
    label = quote(f"{issuer}:{username}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}&algorithm=SHA1&digits=6&period=30"


def picture_of(address: str) -> str:
    """The QR code as SVG: no style attributes, so it passes the content security policy."""
    return segno.make(address, error="m").svg_inline(scale=5, border=2, svgclass="qr", lineclass=None, omitsize=True)


def _steps(secret: bytes, code: str, at: datetime, after: int) -> int | None:
    """The time step that ``code`` belongs to, if it is right and later than ``after``."""
    digits = "".join(code.split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    clock = TOTP(secret)
    clock.time = at.timestamp()
    return clock.t() if clock.verify(int(digits), tolerance=TOLERANCE, min_t=after + 1) else None


def device_of(user: User) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()


def has_device(user: User) -> bool:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user_id=user.pk, used_at=None).count()


def _digest(code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign in _ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    raw = ["".join(secrets.choice(_ALPHABET) for _i in range(16)) for _n in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(code)) for code in raw])
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in raw]


def set_up(actor: Actor, user: User, *, secret: str, code: str) -> list[str]:
    """Bind a phone (in place of one bound before) once its code is right. Returns ten new recovery codes, shown once."""
    raw = base64.b32decode(secret)
    step = _steps(raw, code, actor.at, after=-1)
    if step is None:
        raise Refused(
            _("验证码不对"),
            possible_when=_("请填手机上正在显示的六位数字；总不对时，把手机的时间设成“自动”再试"),
        )
    with audited(actor) as trail:
        TOTPDevice.objects.filter(user=user).delete()
        TOTPDevice.objects.create(user=user, name="phone", key=_seal(raw, user), last_t=step, confirmed=True)
        codes = _new_codes(user)
        trail.add("set_up_second_factor", object_=user.get_username())
    return codes


def renew_codes(actor: Actor, user: User) -> list[str]:
    """Ten new recovery codes; the former are void."""
    with audited(actor) as trail:
        codes = _new_codes(user)
        trail.add("renew_recovery_codes", object_=user.get_username())
    return codes


def take_away(actor: Actor, user: User) -> None:
    """No phone and no codes any more. Inside or outside an audited block; the caller has checked the right to it."""
    with audited(actor) as trail:
        TOTPDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        Account.objects.filter(user=user).update(factor_failures=0, factor_failed_at=None)
        trail.add("reset_second_factor", object_=user.get_username())


@dataclass(frozen=True, slots=True)
class Verdict:
    """``right``; otherwise why not. ``by_code``: a recovery code was used up."""

    right: bool
    why: str = ""
    by_code: bool = False


def _spend_step(user: User, code: str, at: datetime) -> bool:
    device = device_of(user)
    step = _steps(_unseal(device.key, user), code, at, after=device.last_t) if device else None
    if step is None:
        return False
    # Only one of two that send the same code at once moves the step forward.
    return bool(TOTPDevice.objects.filter(pk=device.pk, last_t__lt=step).update(last_t=step, last_used_at=at))


def _spend_code(user: User, code: str, at: datetime) -> bool:
    rows = RecoveryCode.objects.filter(user_id=user.pk, digest=_digest(code), used_at=None)
    return bool(rows.update(used_at=at))


def verify(actor: Actor, user: User, code: str) -> Verdict:
    """Try a code of the phone or a recovery code. Five failures in a row shut it for a quarter of an hour."""
    with transaction.atomic():
        # Locked, so that guesses sent side by side are counted one after the other.
        Account.objects.get_or_create(user=user)
        account = Account.objects.select_for_update().get(user=user)
        over = account.factor_failures >= FAILURES
        if over and account.factor_failed_at + PAUSE > actor.at:
            clock = timezone.localtime(account.factor_failed_at + PAUSE).strftime("%H:%M")
            return Verdict(
                False,
                _("验证码连续多次不对，暂停到 %(clock)s 再试。手机不在身边，请账号管理人重置两步验证。")
                % {"clock": clock},
            )
        by_phone = _spend_step(user, code, actor.at)
        by_code = not by_phone and _spend_code(user, code, actor.at)
        if by_phone or by_code:
            Account.objects.filter(user=user).update(factor_failures=0, factor_failed_at=None)
            record(
                actor, "verify_second_factor", object_=user.get_username(), reason="recovery code" if by_code else ""
            )
            return Verdict(True, by_code=by_code)
        failures = 1 if over else account.factor_failures + 1
        Account.objects.filter(user=user).update(factor_failures=failures, factor_failed_at=actor.at)
        record(actor, "second_factor_refused", object_=user.get_username())
    left = FAILURES - failures
    if left <= 0:
        return Verdict(False, _("验证码连续多次不对，暂停 15 分钟。"))
    return Verdict(
        False, _("验证码不对，还可再试 %(n)s 次。请填手机上正在显示的六位数字，或一个没用过的恢复码。") % {"n": left}
    )
