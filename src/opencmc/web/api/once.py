"""A write is done once: the same Idempotency-Key and the same request get the same answer.

The key is reserved and the answer kept in the transaction of the write. A second request with the key waits for the
first one's end: it then finds the answer, or, when the first was refused, may try itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from opencmc.apps.audit.api import record
from opencmc.base.errors import Refused
from opencmc.web.api import sql
from opencmc.web.api.models import KeptAnswer
from opencmc.web.api.problems import Problem, problem_of

_KEY = re.compile(r"[\x21-\x7e]{1,100}\Z")
#: What is read of a kept answer.
_COLUMNS = ("fingerprint", "status", "body", "etag", "location", "is_sealed")


@dataclass(frozen=True, slots=True)
class Key:
    """``text`` and ``caller`` are what only the request itself brings: the seal of a secret answer is made of them."""

    digest: bytes
    fingerprint: bytes
    caller: str
    text: str

    @property
    def seal(self) -> Fernet:
        secret = hmac.digest(settings.SECRET_KEY.encode(), f"api.once\n{self.caller}\n{self.text}".encode(), "sha256")
        return Fernet(base64.urlsafe_b64encode(secret))


def key_text(request: HttpRequest) -> str:
    text = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not text:
        raise Problem("key-missing")
    if not _KEY.match(text):
        raise Problem("malformed", _("Idempotency-Key 为 1 到 100 个可见的 ASCII 字符"))
    return text


def digest_of(caller: str, text: str) -> bytes:
    return hashlib.sha256(f"{caller}\n{text}".encode()).digest()


def key_of(request: HttpRequest, caller: str) -> Key:
    text = key_text(request)
    # What is asked: also which version is to be changed.
    match = request.META.get("HTTP_IF_MATCH", "")
    asked = f"{request.method} {request.path}\n{match}\n".encode("utf-8", "replace")
    return Key(digest_of(caller, text), hashlib.sha256(asked + request.body).digest(), caller, text)


class _Done(Exception):
    """The key was used before, or a moment ago."""


def once(request: HttpRequest, work: Callable[[], HttpResponse], *, secret: bool = False) -> HttpResponse:
    """Do ``work`` and keep its answer, or give the one that is kept. ``secret``: it is sealed for the repeated request."""
    actor = request.auth.actor
    key = key_of(request, actor.holder.username)
    try:
        with transaction.atomic():
            if not sql.changed(sql.RESERVE, (key.digest, key.fingerprint, actor.at)):
                raise _Done
            response = work()
            body = response.content.decode()
            kept = (response.status_code, key.seal.encrypt(body.encode()).decode() if secret else body)
            marks = (response.get("ETag", ""), response.get("Location", ""), secret)
            sql.changed(sql.KEEP, (*kept, *marks, key.digest))
    except _Done:
        return kept_answer(key)
    except Refused as error:
        leave_refusal(request, error)
        raise
    forget_old(actor)
    return response


def leave_refusal(request: HttpRequest, error: Refused) -> None:
    """What was refused was rolled back with all its lines; that it was tried stays."""
    problem = problem_of(error)
    if problem is not None and problem.kind.status == 403:
        record(request.auth.actor, request.action, object_=request.path[:200], reason=f"refused: {error.sentence}")


def kept_answer(key: Key, found: tuple[Any, ...] | None = None) -> HttpResponse:
    """The answer under ``key``, as it was given."""
    found = found or KeptAnswer.objects.filter(digest=key.digest).values_list(*_COLUMNS).first()
    if found is None:
        raise Problem("busy", headers={"Retry-After": "1"})
    fingerprint, status, body, etag, location, is_sealed = found
    if bytes(fingerprint) != key.fingerprint:
        raise Problem("key-reused")
    text = key.seal.decrypt(body.encode()).decode() if is_sealed else body
    response = HttpResponse(text, status=status, content_type="application/json")
    for name, value in (("ETag", etag), ("Location", location), ("Idempotency-Replayed", "true")):
        if value:
            response[name] = value
    response["Cache-Control"] = "no-store"
    return response


_forgotten: dict[str, Any] = {}


def forget_old(actor: Any) -> None:
    """Once a day and process: answers older than they are kept."""
    if _forgotten.get("day") == actor.at.date():
        return
    _forgotten["day"] = actor.at.date()
    KeptAnswer.objects.filter(at__lt=actor.at - timedelta(days=settings.API_KEPT_DAYS)).delete()
