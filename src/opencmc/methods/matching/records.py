"""Records as they are compared: one column for every thing that a level of agreement or a block looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.base.errors import DataError
from opencmc.methods.matching.comparisons import SOUND
from opencmc.methods.matching.documents import FIRST_DAY, NO_DAY, Documents, read_documents
from opencmc.methods.matching.names import cleaned, name_codes

#: What a record is: every column may be null but the first.
RECORD_SCHEMA = pa.schema(
    [
        ("record_id", pa.string()),
        ("full_name", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.date32()),
        ("document_number", pa.string()),
        ("phone", pa.string()),
        ("township", pa.string()),
        ("village", pa.string()),
    ]
)


#: The country's code before a mobile number.
COUNTRY = r"^(?:00)?86(1[0-9]{10})$"
#: Telephones that say nothing: too short, or one digit over and over (after zeros and one other digit).
NO_PHONE = r"^(?:[0-9]{0,6}|0*[0-9]?(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+))$"

#: A telephone that more records bear says nothing; the doctor of a village may have left one for several hundred.
SHARED_BY_MANY = 500


def as_records(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows (mappings with the names of :data:`RECORD_SCHEMA`; missing keys are unknown) as a table."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=RECORD_SCHEMA)


def prepare(records: pa.Table, common_names: frozenset[str]) -> pa.Table:
    """The columns that records are compared by, one row for every record in the order of ``record_id``. Names and
    places are numbered (equal numbers are equal texts in this table), as numbers join and travel faster.

    ``common_names`` are those of the model. Raises :class:`DataError` when a column is missing, or a ``record_id`` is
    missing or stands twice.
    """
    records = _in_order(records)
    columns = {name: _whole(records[name]) for name in RECORD_SCHEMA.names}
    birth, born = _birth(columns["birth_date"])
    documents = read_documents(columns["document_number"], birth, born)
    # Where a record has no date or sex of its own, that of a number that holds together is taken.
    birth = np.where(born, birth, documents.birth)
    born = birth != NO_DAY
    days = birth.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month_day = (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return pa.table(
        {
            "record_id": columns["record_id"],
            **_names(columns["full_name"], common_names),
            "birth": pa.array(birth.astype(np.int32), mask=~born),
            "birth_year": pa.array(year.astype(np.int32), mask=~born),
            "month_day": pa.array(month_day.astype(np.int32), mask=~born),
            "default_day": pa.array(month_day == 101, mask=~born),
            "document": documents.numbers(),
            "document_state": pa.array(documents.state, mask=documents.state < 0),
            "phone": _phones(columns["phone"]),
            "township": _places(columns["township"]),
            "village": _places(columns["village"]),
            "sex": _sexes(columns["sex"], documents),
        }
    )


def prepare_two(one: pa.Table, other: pa.Table, common_names: frozenset[str]) -> tuple[pa.Table, pa.Table]:
    """Both tables prepared with the same numbers for the same texts, so that the rows of one may be compared with
    those of the other. A ``record_id`` may stand in both. Raises :class:`DataError` as :func:`prepare` does."""
    first, second = _in_order(one), _in_order(other)
    both = prepare(pa.concat_tables([_marked(first, "a"), _marked(second, "b")]), common_names)
    parts = both.slice(0, len(first)), both.slice(len(first))
    ids = _whole(first["record_id"]), _whole(second["record_id"])
    left, right = (part.set_column(0, "record_id", own) for part, own in zip(parts, ids, strict=True))
    return left, right


def _marked(records: pa.Table, mark: str) -> pa.Table:
    """Ids that stand once in both tables together; those of "a" come first in their order."""
    return records.set_column(
        records.column_names.index("record_id"), RECORD_SCHEMA.field("record_id"),
        pc.binary_join_element_wise(pa.scalar(mark), records["record_id"], ""),
    )  # fmt: skip


def numbers_and_sexes(records: pa.Table) -> pa.Table:
    """``record_id``, ``number`` (sound numbers only) and ``sex``: what tells two people apart for certain."""
    records = _in_order(records)
    birth, born = _birth(_whole(records["birth_date"]))
    documents = read_documents(_whole(records["document_number"]), birth, born)
    sound = pc.if_else(pa.array(documents.state == SOUND), documents.numbers(), pa.scalar(None, pa.int64()))
    sexes = _sexes(_whole(records["sex"]), documents)
    return pa.table({"record_id": records["record_id"], "number": sound, "sex": sexes})


def _in_order(records: pa.Table) -> pa.Table:
    lacking = [name for name in RECORD_SCHEMA.names if name not in records.column_names]
    if lacking:
        raise DataError(f"身份记录缺少列：{'、'.join(lacking)}")
    records = records.select(RECORD_SCHEMA.names).cast(RECORD_SCHEMA)
    ids = _whole(records["record_id"])
    if ids.null_count:
        raise DataError(f"身份记录有 {ids.null_count} 行没有 record_id")
    if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        records = records.sort_by("record_id")
        ids = _whole(records["record_id"])
        twice = pc.sum(pc.equal(ids[:-1], ids[1:])).as_py()
        if twice:
            raise DataError(f"身份记录有 {twice} 行的 record_id 与别的行相同")
    return records


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _names(names: pa.Array, common: frozenset[str]) -> dict[str, pa.Array]:
    """The parts of names, numbered. Every different text is read once."""
    coded = names.dictionary_encode()
    read = pa.array([cleaned(text) for text in coded.dictionary.to_pylist()], type=pa.string())
    known = pc.is_in(read, pa.array(sorted(common), type=pa.string()))
    columns = {**name_codes(read), "common": pc.if_else(pc.is_valid(read), known, pa.scalar(None, pa.bool_()))}
    return {part: column.take(coded.indices) for part, column in columns.items()}


def _sexes(written: pa.Array, documents: Documents) -> pa.Array:
    """1, 2, or null; where a record does not say, that of a number that holds together."""
    sex = pc.fill_null(pc.index_in(written, pa.array(["1", "2"])), -1).to_numpy(zero_copy_only=False) + 1
    sex = np.where(sex > 0, sex, documents.sex)
    return pa.array(sex.astype(np.int8), mask=sex == 0)


def _birth(dates: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    days = pc.fill_null(dates.cast(pa.int32()), int(NO_DAY)).to_numpy(zero_copy_only=False).astype(np.int64)
    known = days >= FIRST_DAY
    return np.where(known, days, NO_DAY), known


def _phones(phones: pa.Array) -> pa.Array:
    """Digits only, without the country's code; null where they say nothing (see :data:`NO_PHONE`)."""
    plain = pc.fill_null(pc.match_substring_regex(phones, r"^[1-9][0-9]{10}$"), False)
    if not pc.all(plain).as_py():
        digits = pc.replace_substring_regex(phones, r"[^0-9]", "")
        digits = pc.replace_substring_regex(digits, COUNTRY, r"\1")
        phones = pc.if_else(plain, phones, digits)
    phones = pc.if_else(pc.match_substring_regex(phones, NO_PHONE), pa.scalar(None, pa.string()), phones)
    return _without_shared(phones)


def _without_shared(phones: pa.Array) -> pa.Array:
    """A telephone that a whole register of people have left (of an office, or made up) says nothing of one of them."""
    coded = phones.dictionary_encode()
    counts = np.bincount(coded.indices.drop_null().to_numpy(), minlength=len(coded.dictionary))
    if counts.max(initial=0) <= SHARED_BY_MANY:
        return phones
    kept = pc.if_else(pa.array(counts <= SHARED_BY_MANY), coded.dictionary, pa.scalar(None, pa.string()))
    return kept.take(coded.indices)


def _places(column: pa.Array) -> pa.Array:
    """Places, numbered; null where empty."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column).dictionary_encode().indices
