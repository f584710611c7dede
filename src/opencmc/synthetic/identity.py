"""Made-up names, documents and telephone numbers; and the people who stand in the register twice.

Documents carry an area code that no place has (``390226``; no province is numbered 39) and a correct check digit;
telephone numbers begin with 11, which no mobile network uses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.synthetic import sampling
from opencmc.synthetic.people import People, register_rows
from opencmc.synthetic.sampling import Ints, stream
from opencmc.synthetic.staging import build

AREA = 390226
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉玲建国华英红玉春秀兰梅海燕波鹏飞雪琳浩宇欣怡子涵梓轩晨阳"
    "佳思雨嘉诚志永福根水云仙彩莲菊珍妹法良达才兴土友祥松柏"
)
#: Characters that are mistaken for each other when a name is heard or typed.
ALIKE = {"张": "章", "王": "汪", "陈": "程", "徐": "许", "余": "于", "付": "傅", "红": "洪", "玲": "琳", "伟": "卫",
          "华": "桦", "英": "瑛", "明": "铭", "静": "靖", "丽": "莉", "辉": "晖", "建": "健", "志": "智", "芳": "方",
          "梅": "美", "国": "果", "军": "君", "强": "墙", "涛": "滔", "波": "坡", "平": "萍", "玉": "钰", "春": "椿",
          "秀": "绣", "兰": "岚", "海": "诲", "燕": "艳", "子": "紫", "永": "勇", "福": "富", "文": "纹"}  # fmt: skip
_CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


@dataclass(frozen=True)
class Twice:
    """People registered twice: who, and how the second entry differs (a set of ``name``, ``birth``, ``document``)."""

    people: Ints
    birth: Ints
    name_differs: Ints
    no_document: Ints

    def pairs(self, people: People) -> list[dict[str, object]]:
        words = people.words
        rows: list[dict[str, object]] = []
        for at, person in enumerate(self.people):
            differs = [
                word
                for word, yes in (
                    ("name", self.name_differs[at]),
                    ("birth_date", self.birth[at] != people.birth[person]),
                    ("document_missing", self.no_document[at]),
                )
                if yes
            ]
            first, second = words[int(people.number[person])].as_py(), words[int(people.second_number[person])].as_py()
            rows.append({"resident_ids": sorted([first, second]), "differs": differs})
        return rows


def registered_twice(people: People, seed: int) -> Twice:
    rng = stream(seed, "twice")
    who = np.flatnonzero(people.second_number > 0)
    how = rng.integers(0, 5, len(who))
    shift = rng.choice([-10, -1, 1, 10, 30, 365], len(who))
    # 0: name, 1: date of birth, 2: no document, 3: name and no document, 4: date of birth and no document
    moved = np.isin(how, (1, 4))
    birth = people.birth[who] + np.where(moved, -np.abs(shift), 0)
    return Twice(who, birth, np.isin(how, (0, 3)), np.isin(how, (2, 3, 4)))


def identity_table(people: People, chosen: Ints, twice: Twice | None, seed: int) -> pa.Table:
    """Names and documents of ``chosen`` people, and of the second entries where ``twice`` is given."""
    surname, given, phone = _drawn(people, seed)
    number, birth, name = people.number[chosen], people.birth[chosen], _names(surname[chosen], given[chosen])
    order = _order_codes(people)
    document = documents(birth, order[chosen], people.sex[chosen])
    no_document = np.zeros(len(chosen), dtype=bool)
    phones = phone[chosen]
    if twice is not None:
        second = _names(surname[twice.people], given[twice.people]).to_pylist()
        heard = [_misheard(name_) if yes else name_ for name_, yes in zip(second, twice.name_differs, strict=True)]
        name = pa.concat_arrays([name, pa.array(heard)])
        moved = twice.birth != people.birth[twice.people]
        # A wrong birthday gives a number that belongs to nobody else: order codes from 400 are not reached otherwise.
        seconds = documents(twice.birth, order[twice.people] + 400 * moved, people.sex[twice.people])
        document = pa.concat_arrays([document, seconds])
        number = np.concatenate((number, people.second_number[twice.people]))
        no_document = np.concatenate((no_document, twice.no_document))
        phones = np.concatenate((phones, phone[twice.people]))
    by_number = np.argsort(number, kind="stable")
    kinds = pa.array(["citizen_id"])
    return build(
        "identity",
        {
            "resident_id": sampling.take(people.words, number[by_number]),
            "full_name": name.take(pa.array(by_number)),
            "document_type": sampling.take(kinds, np.where(no_document, -1, 0)[by_number]),
            "document_number": pc.if_else(pa.array(~no_document), document, pa.scalar(None, pa.string())).take(
                pa.array(by_number)
            ),
            "phone": sampling.numbered("11", phones[by_number], 9),
        },
    )


def twice_table(people: People, twice: Twice) -> pa.Table:
    """The second ``resident`` rows of people registered twice."""
    columns = register_rows(people, twice.people, until=0)
    columns["resident_id"] = sampling.take(people.words, people.second_number[twice.people])
    columns["birth_date"] = sampling.dates(twice.birth)
    columns["insured_start"] = sampling.dates(np.maximum(twice.birth, 12_418))
    return build("resident", columns)


def _drawn(people: People, seed: int) -> tuple[Ints, Ints, Ints]:
    """Surname, given name (two positions) and telephone of everybody. Drawn one person after the other, so that
    children born later change nobody's name."""
    rng = stream(seed, "names")
    u = rng.random((len(people), 4))
    surname = np.minimum(-np.log1p(-u[:, 0]) * 24, len(SURNAMES) - 1).astype(np.int64)
    first = (u[:, 1] * len(GIVEN)).astype(np.int64)
    second = np.where(u[:, 2] < 0.12, -1, ((u[:, 2] - 0.12) / 0.88 * len(GIVEN)).astype(np.int64))
    phone = (u[:, 3] * 1e9).astype(np.int64)
    surname[people.child] = surname[people.mother]
    phone[people.child] = phone[people.mother]
    return surname, np.stack((first, second), axis=1), phone


def _names(surname: Ints, given: Ints) -> pa.Array:
    last = pa.array(list(SURNAMES))
    first = pa.array([*GIVEN, ""])
    third = np.where(given[:, 1] < 0, len(GIVEN), given[:, 1])
    return pc.binary_join_element_wise(
        sampling.take(last, surname), sampling.take(first, given[:, 0]), sampling.take(first, third), ""
    )


def _misheard(name: str) -> str:
    """The name with one character mistaken for another; where none of its characters has a double, the last one goes
    (or one is added)."""
    for place, character in enumerate(name):
        if character in ALIKE:
            return name[:place] + ALIKE[character] + name[place + 1 :]
    return name[:-1] if len(name) > 2 else name + "儿"


def _order_codes(people: People) -> Ints:
    """A running number among people of the same sex and birthday: half of a document's order code."""
    key = people.birth * 2 + people.sex % 2
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    run = np.arange(len(key)) - np.repeat(starts, np.diff(np.append(starts, len(key))))
    codes = np.empty(len(key), dtype=np.int64)
    codes[order] = run
    return codes % 500


def documents(birth: Ints, order: Ints, sex: Ints, area: Ints | int = AREA) -> pa.Array:
    """18-character numbers of GB 11643-1999 form with a correct check character."""
    days = np.asarray(birth, dtype="datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months).astype(np.int64) + 1
    first17 = ((area * 10_000 + year) * 10_000 + month * 100 + day) * 1000 + 2 * (order % 500) + sex % 2
    total = np.zeros(len(first17), dtype=np.int64)
    rest = first17.copy()
    for weight in _CHECK_WEIGHTS[::-1]:
        total += weight * (rest % 10)
        rest //= 10
    return pc.binary_join_element_wise(
        pa.array(first17).cast(pa.string()), sampling.take(pa.array(list("10X98765432")), total % 11), ""
    )
