"""The flush of a test database against tables that refuse to be emptied.

A test with ``transactional_db`` (or a ``TransactionTestCase``) ends in a flush of all tables. The audit's triggers
refuse that, as they should. So they are taken away for the flush and put back behind it, here and nowhere else: every
test runs with the triggers in force. ``tests/conftest.py`` names this module as a plugin.
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def _flush_passes_the_audit() -> None:
    from django.db import connection
    from django.test import TransactionTestCase

    from opencmc.apps.audit.engine import LINES, allow_changes, make_append_only

    flush = TransactionTestCase._fixture_teardown

    def flush_all_tables(case: TransactionTestCase) -> None:
        is_there = LINES in connection.introspection.table_names()
        if is_there:
            allow_changes(connection)
        try:
            flush(case)
        finally:
            if is_there:
                make_append_only(connection)

    TransactionTestCase._fixture_teardown = flush_all_tables
