"""What a measure amounts to: whole numbers by unit and period, what is not known, and what could not be placed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from opencmc.methods.indicators.spans import Whole

#: Why a row could not be placed, as pages say it.
NO_INSTITUTION = "机构不在机构表中"
NO_REGION = "缺参保地"
NO_TOWNSHIP = "居民的现住乡镇不详"
NO_INSTITUTION_TOWNSHIP = "机构未登记所在乡镇"
NO_AMOUNT = "缺金额"
NO_PERSON = "缺居民编号"
NO_STAFF = "人员不在人员表中"
NO_BEDS = "机构未填开放床位"


class Gaps:
    """Reasons why a number is not known, kept once; 0 stands for "nothing is missing"."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._at: dict[str, int] = {"": 0}

    def code(self, text: str) -> int:
        if text not in self._at:
            self._at[text] = len(self.texts)
            self.texts.append(text)
        return self._at[text]

    def both(self, left: Whole, right: Whole) -> Whole:
        """The gaps of two inputs together; each pair is joined once."""
        pairs = np.stack(np.broadcast_arrays(left, right))
        flat = pairs.reshape(2, -1)
        together = flat[0] * len(self.texts) + flat[1]
        distinct, back = np.unique(together, return_inverse=True)
        size = len(self.texts)
        joined = np.array([self._joined(int(pair) // size, int(pair) % size) for pair in distinct], np.int64)
        return joined[back].reshape(pairs.shape[1:])

    def _joined(self, left: int, right: int) -> int:
        parts = [part for code in (left, right) for part in self.texts[code].split("；") if part]
        return self.code("；".join(dict.fromkeys(parts)))


@dataclass(slots=True)
class Amounts:
    """``values`` and ``gap`` have the shape ``[unit, period]``; where ``gap`` is not 0 the value means nothing.

    ``unplaced`` counts, by reason and period, the rows of ``table`` that the measure could not place for any unit of
    the kind.
    """

    values: Whole
    gap: Whole
    table: str
    unplaced: dict[str, Whole] = field(default_factory=dict)

    def unplaced_total(self) -> int:
        return int(sum(int(counts.sum()) for counts in self.unplaced.values()))
