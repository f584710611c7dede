"""Finding the columns of a source's file by any of their names, and saying what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opencmc.base.errors import DataError, DataReason
from opencmc.facts.reading import Opened, near


def find_columns(
    opened: Opened, names: Mapping[str, Sequence[str]], required: Sequence[str], table_name: str
) -> dict[str, str]:
    """``names`` maps a field to the headers under which it may stand (any case); the headers that were found, by field.

    Raises :class:`DataError` when one of ``required`` is missing, with the column that was probably meant.
    """
    headers = {header.lower(): header for header in opened.types}
    found = {}
    for name, spellings in names.items():
        for spelling in spellings:
            if spelling.lower() in headers:
                found[name] = headers[spelling.lower()]
                break
    reasons = []
    for name in required:
        if name not in found:
            shown = "，或作 ".join(names[name])
            meant = near(name, [header for header in headers if headers[header] not in found.values()])
            hint = f"请把“{headers[meant]}”改为 {name}" if meant else "请补上这一列"
            reasons.append(DataReason(f"缺少列 {shown}：{hint}", 0))
    if reasons:
        raise DataError(f"{opened.name} 的列不合要求，没有装入任何一行", table=table_name, reasons=tuple(reasons))
    return found
