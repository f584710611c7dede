"""The forms in which facts are brought: logical columns, inpatient front pages, grouping cases, published series."""

from opencmc.base.errors import Refused
from opencmc.facts.sources.front_page import FrontPage
from opencmc.facts.sources.grouping_cases import GroupingCases
from opencmc.facts.sources.infectious_monthly import InfectiousMonthly
from opencmc.facts.sources.logical import DailyWork, LogicalTable, describe_column
from opencmc.facts.sources.selection import Selection, Source

_ALL: tuple[Source, ...] = (LogicalTable(), DailyWork(), FrontPage(), GroupingCases(), InfectiousMonthly())

#: The sources by name.
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}


def find_source(name: str, table_name: str, settings: dict[str, str]) -> Source:
    """The source called ``name``, for that table and with those settings. Raises :class:`Refused` when it has no such
    name, fills another table, or is told too much or too little."""
    if name not in SOURCES:
        raise Refused(f"没有名为 {name} 的数据来源。", possible_when=f"可用的来源：{'、'.join(SOURCES)}。")
    source = SOURCES[name]
    if source.table_name not in ("", table_name):
        raise Refused(f"来源 {name} 装入的是 {source.table_name}，不是 {table_name}。")
    known = "；".join(f"{setting}（{meaning}）" for setting, meaning in source.settings.items()) or "没有"
    unknown = [setting for setting in settings if setting not in source.settings]
    if unknown:
        raise Refused(f"来源 {name} 没有设定项 {'、'.join(unknown)}。", possible_when=f"它的设定项：{known}。")
    missing = [setting for setting in source.required_settings if not settings.get(setting)]
    if missing:
        wanted = " ".join(f"--set {setting}=…" for setting in missing)
        raise Refused(f"来源 {name} 的文件里没有 {'、'.join(missing)}。", possible_when=f"请写出：{wanted}。")
    return source


__all__ = ["SOURCES", "Selection", "Source", "describe_column", "find_source"]
