"""Published monthly counts of notifiable diseases: one row a month, one column a disease, an empty cell where nothing
was published (which makes no row: unknown is not zero).

A file whose name says deaths (``deaths`` or 死亡) counts deaths; with a file of cases it is joined to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from opencmc.base.errors import DataError, Refused
from opencmc.facts.engines import UnreadableText, Workbench
from opencmc.facts.reading import Opened
from opencmc.facts.schemas import literal, quoted
from opencmc.facts.sources.selection import Selection
from opencmc.facts.tables import Table
from opencmc.facts.validation import given_text

_MONTH = "月份"
_LABELS = {
    "region": "地区", "disease": "病种", "date": "月份", "cases": "病例数", "deaths": "死亡数", "source": "来源"
}  # fmt: skip


class InfectiousMonthly:
    """The source ``infectious_monthly``."""

    name = "infectious_monthly"
    label = "传染病月报（一行一月，一列一病种）"
    table_name = "disease_count"
    settings = {"region": "地区；不写则为“全国”", "source": "来源；不写则为文件名"}
    required_settings: tuple[str, ...] = ()

    def select(
        self, table: type[Table], opened: Sequence[Opened], settings: dict[str, str], bench: Workbench
    ) -> list[Selection]:
        deaths = [file for file in opened if "death" in file.name.lower() or "死亡" in file.name]
        cases = [file for file in opened if file not in deaths]
        if len(deaths) > 1 or len(cases) > 1:
            raise Refused(
                "一次只装入一个病例数文件和一个死亡数文件。",
                possible_when="分次装入；死亡数文件名中应有 deaths 或 死亡。",
            )
        for label, files in (("cases", cases), ("deaths", deaths)):
            for file in files:
                _unpivot(label, file, table.table_name, bench)
        chosen = []
        if cases and deaths:
            both = "counted_cases AS a LEFT JOIN counted_deaths AS b USING (month, disease, turn)"
            chosen.append(_selection(cases[0], f"(SELECT a.*, b.deaths FROM {both})", ("cases", "deaths"), settings))
            rest = "(SELECT * FROM counted_deaths ANTI JOIN counted_cases USING (month, disease, turn))"
            chosen.append(_selection(deaths[0], rest, ("deaths",), settings))
        elif cases:
            chosen.append(_selection(cases[0], "counted_cases", ("cases",), settings))
        else:
            chosen.append(_selection(deaths[0], "counted_deaths", ("deaths",), settings))
        return chosen


def _unpivot(measure: str, file: Opened, table_name: str, bench: Workbench) -> None:
    """Make ``counted_<measure>``: a row for each cell with something in it. A month that stands twice in a file keeps
    both (``turn``), so that the second is refused, not lost."""
    if file.row:
        raise DataError(f"{file.name}：传染病月报应为 CSV 文件", table=table_name)
    diseases = [header for header in file.types if header != _MONTH]
    if _MONTH not in file.types or not diseases:
        raise DataError(f"{file.name} 应有一列“{_MONTH}”（如 2025-03），其余每列一个病种", table=table_name)
    bench.run(f"CREATE OR REPLACE TABLE raw_{measure} AS SELECT * FROM {file.relation}")
    if not file.lines_follow(int(bench.one(f"SELECT count(*) FROM raw_{measure}")[0])):
        raise UnreadableText
    cells = ", ".join(f"'{number}': {quoted(header)}" for number, header in enumerate(diseases))
    names = "[" + ", ".join(literal(header) for header in diseases) + "]"
    bench.run(
        f"CREATE OR REPLACE TABLE counted_{measure} AS SELECT record * {len(diseases)} + number AS row, month, "
        f"{names}[number + 1] AS disease, row_number() OVER (PARTITION BY month, number ORDER BY record) AS turn, "
        f"{given_text('value', odd_blanks=True)} AS {measure} FROM ("
        f"SELECT rowid AS record, {given_text(quoted(_MONTH), odd_blanks=True)} AS month, "
        f"unnest(range({len(diseases)})) AS number, unnest(map_values(MAP {{{cells}}})) AS value FROM raw_{measure}) "
        f"WHERE {measure} IS NOT NULL ORDER BY row"
    )


def _selection(file: Opened, relation: str, measures: tuple[str, ...], settings: dict[str, str]) -> Selection:
    given = {
        "region": literal(settings.get("region", "全国")),
        "disease": "disease",
        "date": "month || '-01'",
        **{measure: measure for measure in measures},
        "source": literal(settings.get("source", file.name)),
    }
    return Selection(
        file,
        relation,
        given,
        dict.fromkeys(given, "VARCHAR"),
        lambda column: _LABELS[column],
        row="row",
        rows_per_record=len(file.types) - 1,
        notes=(f"{file.name}：一个月的一个病种为一行；空格表示未公布，不成行",),
    )
