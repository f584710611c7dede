"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencmc.web.settings")

pages = get_wsgi_application()

from opencmc.web.api.lean import Doors  # noqa: E402  (needs the settings)

application = Doors(pages)
