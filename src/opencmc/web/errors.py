"""The friendly pages for 400, 403, 404 and 500."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def fault(request: HttpRequest) -> HttpResponse:
    """No context processor runs here: what failed may be the database itself."""
    from django.template.loader import get_template

    return HttpResponse(get_template("500.html").template.render(_plain_context()), status=500)


def _plain_context():
    from django.template import Context

    return Context({})
