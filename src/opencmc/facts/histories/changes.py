"""What changed about residents between two states of the lake, as SQL.

A state says for each table up to which load it is known. From the empty state on, everything is a change; so building
anew and adding a month are the same statements.

A change is a row as it now is, or a mark that a row is no longer this resident's (it was corrected to be another's).
Services have no resident of their own but their contract's; a service changes when its contract does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opencmc.facts.engines import TableFiles, Workbench, current_rows_sql, file_list
from opencmc.facts.histories.layout import KINDS, Kind
from opencmc.facts.lake import files_of
from opencmc.facts.manifest import LoadManifest
from opencmc.facts.schemas import literal
from opencmc.facts.tables import TABLES

#: Table → number of the latest load of it that is known.
State = Mapping[str, int]

TABLES_READ = tuple(kind.table.table_name for kind in KINDS)


def state_of(loads: Iterable[LoadManifest]) -> dict[str, int]:
    """The state after ``loads``: only tables of which something is known."""
    state: dict[str, int] = {}
    for load in loads:
        if load.accepted and load.table in TABLES_READ:
            state[load.table] = max(load.load, state.get(load.table, 0))
    return state


@dataclass(frozen=True)
class Changes:
    """The changes from the state ``before`` to that of ``loads``."""

    root: Path
    loads: Sequence[LoadManifest]
    before: State

    def estimate(self) -> int:
        """About how many rows changed: those that came since."""
        return sum(x.accepted for x in self.loads if x.table in TABLES_READ and x.load > self.before.get(x.table, 0))

    def prepare(self, bench: Workbench, only: Sequence[str] = ()) -> str:
        """SQL with the changes as rows of events; with ``only`` those of some residents, and from the empty state."""
        self._prepare_services(bench, lazily=bool(only))
        parts = [part for kind in KINDS for part in self._parts(kind)]
        if only:
            chosen = ", ".join(literal(resident_id) for resident_id in only)
            parts = [f"SELECT * FROM ({part}) WHERE resident_id IN ({chosen})" for part in parts]
        return " UNION ALL ".join(parts)

    def _now(self, table: str) -> TableFiles:
        return files_of(self.root, self.loads, table)

    def _then(self, table: str) -> TableFiles:
        return files_of(self.root, [x for x in self.loads if x.load <= self.before.get(table, 0)], table)

    def _new(self, table: str) -> TableFiles:
        """What came since. Where nothing was known before, that is everything."""
        return self._now(table).after(self.before.get(table, 0))

    def _parts(self, kind: Kind) -> list[str]:
        if kind.service:
            return self._service_parts(kind)
        name = kind.table.table_name
        new = self._new(name)
        if not new.rows:
            return []
        rows = current_rows_sql(kind.table, new)
        return [kind.rows_sql(rows), *self._moved_away(kind, new, rows)]

    def _moved_away(self, kind: Kind, new: TableFiles, rows: str) -> list[str]:
        """Marks for rows of before that were corrected to be another resident's, or nobody's."""
        name = kind.table.table_name
        now, last = self._now(name), self.before.get(name, 0)
        old = [path for load, path in now.rows if load <= last and load in now.replaced]
        if not old or not new.supersedes:
            return []
        key = kind.key_sql()
        gone = file_list(path for _, path in new.supersedes)
        return [
            kind.gone_sql(
                f"SELECT DISTINCT resident_id, {key} AS key FROM read_parquet({file_list(old)}) "
                f"WHERE {key} IN (SELECT {key} FROM read_parquet({gone})) "
                f"AND (resident_id, {key}) NOT IN (SELECT (resident_id, {key}) FROM ({rows}) WHERE resident_id IS NOT NULL)"
            )
        ]

    def _prepare_services(self, bench: Workbench, *, lazily: bool) -> None:
        """``owner`` (what is due, with the contract's resident) for every service that matters; when something was known
        before, also ``touched`` (services that may have changed hands) and ``former`` (whose they were then)."""
        made = "VIEW" if lazily else "TABLE"
        if not self._services_known_before():
            bench.run(f"CREATE {made} owner AS {self._owners(self._now)}")
            return
        due, contract, done = (self._new(name) for name in ("service_due", "contract", "service_done"))
        bench.run(
            "CREATE TABLE touched AS "
            f"SELECT service_id FROM ({current_rows_sql(TABLES['service_due'], due)}) UNION "
            f"SELECT service_id FROM ({current_rows_sql(TABLES['service_due'], self._now('service_due'))}) "
            f"WHERE contract_id IN (SELECT contract_id FROM ({current_rows_sql(TABLES['contract'], contract)}))"
        )
        wanted = (
            "service_id IN (SELECT service_id FROM touched UNION ALL "
            f"SELECT service_id FROM ({current_rows_sql(TABLES['service_done'], done)}))"
        )
        bench.run(f"CREATE TABLE owner AS {self._owners(self._now, wanted)}")
        touched = "service_id IN (SELECT service_id FROM touched)"
        bench.run(
            f"CREATE TABLE former AS SELECT service_id, resident_id FROM ({self._owners(self._then, touched)}) "
            "WHERE (service_id, resident_id) NOT IN (SELECT (service_id, resident_id) FROM owner)"
        )

    def _services_known_before(self) -> bool:
        return any(self.before.get(name) for name in ("service_due", "contract", "service_done"))

    @staticmethod
    def _owners(at: Callable[[str], TableFiles], wanted: str = "true") -> str:
        """What is due, as it is known at a state, with the contract's resident."""
        return (
            "SELECT due.*, contract.resident_id "
            f"FROM (SELECT * FROM ({current_rows_sql(TABLES['service_due'], at('service_due'))}) WHERE {wanted}) AS due "
            f"JOIN ({current_rows_sql(TABLES['contract'], at('contract'))}) AS contract USING (contract_id)"
        )

    def _service_parts(self, kind: Kind) -> list[str]:
        name = kind.table.table_name
        known = self._services_known_before()
        if name == "service_due":
            rows = "SELECT * FROM owner" + (" WHERE service_id IN (SELECT service_id FROM touched)" if known else "")
            gone = "SELECT resident_id, service_id AS key FROM former"
        else:
            table = TABLES[name]
            now = current_rows_sql(table, self._now(name))
            if known:
                now = (
                    f"SELECT * FROM ({now}) WHERE service_id IN (SELECT service_id FROM touched) UNION ALL "
                    f"SELECT * FROM ({current_rows_sql(table, self._new(name))}) "
                    "WHERE service_id NOT IN (SELECT service_id FROM touched)"
                )
            rows = f"SELECT done.*, contract_id, item, resident_id FROM ({now}) AS done JOIN owner USING (service_id)"
            then = current_rows_sql(table, self._then(name))
            gone = f"SELECT resident_id, {kind.key_sql()} AS key FROM ({then}) JOIN former USING (service_id)"
        return [kind.rows_sql(rows), kind.gone_sql(gone)] if known else [kind.rows_sql(rows)]
