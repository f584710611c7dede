"""How a logical table is declared: a class with a docstring, and columns with label, unit and constraints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Type(StrEnum):
    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    FEN = "fen"  # an amount in whole fen; a CSV may not write decimals here
    BOOLEAN = "boolean"  # CSV: true/false, 1/0, 是/否
    TEXT_LIST = "text_list"  # CSV: joined by |


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``name`` is filled in by the table's class.

    ``required`` refuses a row without a value. ``one_of`` maps each allowed value to its label. ``minimum`` and
    ``maximum`` bound integers and amounts. ``matches`` is a regular expression for the whole text. ``references``
    names a table whose key this is: a row whose reference is not known is accepted but *unplaced*, and counted.
    """

    type: Type
    label: str
    required: bool = False
    unit: str = ""
    one_of: dict[str, str] | None = None
    minimum: int | None = None
    maximum: int | None = None
    matches: str = ""
    references: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class NotBefore:
    """``later`` must not lie before ``earlier``; a row where either is missing passes."""

    earlier: str
    later: str
    because: str


@dataclass(frozen=True, slots=True)
class NotAbove:
    """``part`` must not exceed ``whole``; a row where either is missing passes."""

    part: str
    whole: str
    because: str


Check = NotBefore | NotAbove


class Table:
    """A logical table. Subclasses declare columns; the docstring is the table's documentation."""

    table_name: ClassVar[str]
    table_label: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    #: The date that says in which period a row falls, or "" for a register without one.
    event_date: ClassVar[str] = ""
    checks: ClassVar[tuple[Check, ...]] = ()
    columns: ClassVar[dict[str, Column]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        cls.columns = {
            name: Column(**{f: getattr(column, f) for f in Column.__dataclass_fields__ if f != "name"}, name=name)
            for name, column in declared.items()
        }
        named = [*cls.key, cls.event_date] if cls.event_date else [*cls.key]
        for check in cls.checks:
            named += [check.earlier, check.later] if isinstance(check, NotBefore) else [check.part, check.whole]
        missing = [name for name in named if name not in cls.columns]
        if missing or not cls.__doc__:
            raise TypeError(f"{cls.__name__}: undeclared columns {missing} or no docstring")
