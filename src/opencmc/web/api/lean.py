"""The way of a request with a token: straight to its operation, past what only browsers need.

Sessions, cookies, messages and the like mean nothing to a program. Who may do what is settled at the operation (``guard``),
not in middleware, so nothing that guards is left out here; a cookie that comes with a token is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

PREFIX = "/api/v1/"
_URLS = "opencmc.web.api.lean_urls"


class LeanHandler(WSGIHandler):
    """Django's own handler with one small middleware instead of the chain of the pages."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware, self._template_response_middleware, self._exception_middleware = [], [], []
        self._middleware_chain = convert_exception_to_response(self._answer)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = _URLS
        # The statement that reads who asks tells whether the kept connection lives (``sql.first_rows``).
        connection.health_check_done = True
        request.at = timezone.now()
        if settings.BEHIND_TLS:
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            request.META["REMOTE_ADDR"] = forwarded or request.META.get("REMOTE_ADDR", "")
        if "HTTP_ACCEPT_LANGUAGE" in request.META:
            translation.activate(translation.get_language_from_request(request))
        else:
            translation.activate(settings.LANGUAGE_CODE)
        response = self._get_response(request)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["X-Content-Type-Options"] = "nosniff"
        if settings.BEHIND_TLS:
            response.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response


class Doors:
    """Requests to the interface that bring a token go the lean way, all others the way of the pages."""

    def __init__(self, pages: WSGIHandler) -> None:
        self.pages, self.lean = pages, LeanHandler()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if "HTTP_AUTHORIZATION" in environ and environ.get("PATH_INFO", "").startswith(PREFIX):
            return self.lean(environ, start_response)
        return self.pages(environ, start_response)
