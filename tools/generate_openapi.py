"""Write docs/openapi.json from the interface. ``tests/integration/test_api_described.py`` compares."""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencmc.web.settings")
PATH = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"

if __name__ == "__main__":
    import django

    django.setup()
    from opencmc.web.api.describing import schema_text

    PATH.write_text(schema_text(), encoding="utf-8")
