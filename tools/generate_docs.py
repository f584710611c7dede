"""Regenerate what is generated in docs/. ``make fix`` runs it; tests in tests/docs compare."""

import os
from pathlib import Path

import django

from opencmc.facts.reference import tables_reference
from opencmc.policy.coverage import coverage_reference
from opencmc.policy.pack import default_root

DOCS = Path(__file__).resolve().parent.parent / "docs"


def generated() -> dict[Path, str]:
    """Each generated file and the text that it should hold."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencmc.web.settings")
    django.setup()
    from opencmc.apps.access.reference import rights_reference

    return {
        DOCS / "coverage.md": coverage_reference(default_root()),
        DOCS / "reference" / "tables.md": tables_reference(),
        DOCS / "rights.md": rights_reference(),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
