"""The database in which Splink compares: in memory, its overflow in a folder that goes with it, quiet, off the network."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from splink import DuckDBAPI


@contextmanager
def splink_database() -> Iterator[DuckDBAPI]:
    """A database of its own for one job."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="opencmc-matching-") as folder:
        database = DuckDBAPI()
        connection = database.duckdb_con
        try:
            connection.execute("SET temp_directory = '" + folder.replace("'", "''") + "'")
            connection.execute("SET autoinstall_known_extensions = false")
            yield database
        finally:
            connection.close()
