"""Answers to writes, kept so that a repeated request gets the same answer and is not done twice."""

from __future__ import annotations

from django.db import models


class KeptAnswer(models.Model):
    """``digest`` is the SHA-256 of caller and Idempotency-Key, ``fingerprint`` that of method, address and body.

    ``status`` 0: reserved by a transaction that is not done yet, and never seen by another one. ``body`` is sealed with
    a key that only the repeated request brings when the answer holds a secret (``once``).
    """

    digest = models.BinaryField(max_length=32, unique=True)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    etag = models.CharField(max_length=40, default="")
    location = models.CharField(max_length=200, default="")
    is_sealed = models.BooleanField(default=False)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.status}"
