"""Groups of records that are one person: pairs decided as the same, joined, but never two people into one.

Two rules hold of every group, whatever the pairs say:

* it holds at most one sound citizen ID number (check character and date right): twins, kin and namesakes with numbers of
  their own stay apart;
* records of different sexes are joined only by a pair whose numbers are the same (then the sex was written wrong).

Pairs join in a fixed order: exact keys first, then by falling probability, then by their ids; a pair that would break a
rule is held back for people to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.base.errors import DataError
from opencmc.methods.matching.decisions import EXACT_KEY, REVIEW, SAME
from opencmc.methods.matching.records import numbers_and_sexes

Ints = npt.NDArray[Any]


@dataclass(frozen=True)
class Clusters:
    """``members`` (``cluster``, ``record_id``): groups of two and more, each named after its smallest ``record_id``;
    everybody else stands alone. ``held_back``: pairs decided as the same that would have joined two people."""

    members: pa.Table
    held_back: pa.Table

    def for_review(self, pairs: pa.Table) -> pa.Table:
        """The pairs for people to decide: those in the band that no group has joined, and those held back."""
        undecided = pairs.filter(pc.equal(pairs["decision"].cast(pa.string()), REVIEW))
        group = self.members["cluster"]
        ids = self.members["record_id"]
        left, right = (group.take(pc.index_in(undecided[side], ids)) for side in ("left", "right"))
        together = pc.fill_null(pc.equal(left, right), False)
        return pa.concat_tables([undecided.filter(pc.invert(together)), self.held_back]).sort_by(
            [("left", "ascending"), ("right", "ascending")]
        )


def sure_clusters(pairs: pa.Table, records: pa.Table) -> Clusters:
    """Join the pairs of one register that are decided as the same (:func:`~opencmc.methods.matching.find_pairs`).

    Raises :class:`DataError` when a pair names a record that is not among ``records``.
    """
    same = pairs.filter(pc.equal(pairs["decision"].cast(pa.string()), SAME))
    people = numbers_and_sexes(records)
    ids = people["record_id"].combine_chunks()
    ends = [pc.index_in(same[side], ids) for side in ("left", "right")]
    if any(end.null_count for end in ends):
        raise DataError("有的记录对引用了不在登记表中的记录")
    left, right = (end.to_numpy() for end in ends)
    group = _connected(len(ids), left, right)
    held = _parted(group, left, right, same, people)
    kept = np.flatnonzero(np.bincount(group, minlength=len(ids))[group] > 1)
    kept = kept[np.lexsort((kept, group[kept]))]
    members = pa.table({"cluster": ids.take(pa.array(group[kept])), "record_id": ids.take(pa.array(kept))})
    return Clusters(members, same.take(pa.array(held, type=pa.int64())))


def _connected(size: int, left: Ints, right: Ints) -> Ints:
    """The smallest position that each position is joined to."""
    group = np.arange(size)
    while True:
        least = np.minimum(group[left], group[right])
        settled = group.copy()
        np.minimum.at(settled, group[left], least)
        np.minimum.at(settled, group[right], least)
        settled = settled[settled]
        if (settled == group).all():
            return group
        group = settled


def _parted(group: Ints, left: Ints, right: Ints, same: pa.Table, people: pa.Table) -> list[int]:
    """Take groups apart that break a rule (``group`` is changed in place); the pairs held back, by position."""
    number = pc.fill_null(people["number"].combine_chunks().dictionary_encode().indices, -1).to_numpy(
        zero_copy_only=False
    )
    sex = pc.fill_null(people["sex"].combine_chunks(), 0).to_numpy(zero_copy_only=False)
    doubtful = np.zeros(len(group), dtype=bool)
    for value, unknown in ((number, -1), (sex, 0)):
        known = value != unknown
        least, most = np.full(len(group), np.iinfo(np.int32).max), np.full(len(group), -1)
        np.minimum.at(least, group[known], value[known])
        np.maximum.at(most, group[known], value[known])
        doubtful |= most > least
    pairs = np.flatnonzero(doubtful[group[left]])
    if len(pairs) == 0:
        return []
    table = same.take(pa.array(pairs))
    exact = pc.equal(table["kind"].cast(pa.string()), EXACT_KEY).to_numpy()
    agreed = pc.equal(table["document"].cast(pa.string()), "same").to_numpy()
    order = np.lexsort((right[pairs], left[pairs], -table["probability"].to_numpy(), ~exact))
    members = np.flatnonzero(doubtful[group])
    joined = _Groups(members, number, sex)
    held = [
        int(pairs[at]) for at in order if not joined.join(int(left[pairs[at]]), int(right[pairs[at]]), bool(agreed[at]))
    ]
    for member in members:
        group[member] = joined.root(int(member))
    return sorted(held)


class _Groups:
    """Groups that grow pair by pair; the root of a group is its smallest position."""

    def __init__(self, members: Ints, number: Ints, sex: Ints) -> None:
        self._parent = {int(at): int(at) for at in members}
        self._number = {int(at): int(number[at]) for at in members}
        self._sex = {int(at): int(sex[at]) for at in members}

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = at = self._parent[self._parent[at]]
        return at

    def join(self, a: int, b: int, same_number: bool) -> bool:
        """Join the groups of two records; False where a rule forbids it."""
        a, b = sorted((self.root(a), self.root(b)))
        if a == b:
            return True
        if -1 != self._number[a] != self._number[b] != -1:
            return False
        if 0 != self._sex[a] != self._sex[b] != 0 and not same_number:
            return False
        self._parent[b] = a
        self._number[a] = max(self._number[a], self._number[b])
        # Where one person's sex is written both ways, either fits.
        self._sex[a] = self._sex[a] if self._sex[b] in (0, self._sex[a]) else self._sex[b] if not self._sex[a] else 0
        return True
