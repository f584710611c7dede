"""What goes wrong when people are written into a register: drawn record by record, with the share of each slip.

The shares are ours (no register publishes its own); they stand here so that they can be read beside a measured recall.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pypinyin import lazy_pinyin

from opencmc.synthetic import sampling
from opencmc.synthetic.identity import ALIKE, GIVEN, SURNAMES
from opencmc.synthetic.sampling import Floats, Ints, Mask, stream

#: Characters outside the usual sets, as they stand in real household registers.
RARE = "𬭎𬘭𫍯㛃䶮堃燚喆赟翀珺犇甦翚昉嫚玥彧晟旻"

#: Slip → (label, share of records). Some apply to part of the records only, as their labels say.
SHARES = {
    "name_sound": ("姓名同音错字", 0.025),
    "name_alike": ("姓名近音错字（前后鼻音、平翘舌等）", 0.006),
    "name_other": ("姓名其他错字", 0.005),
    "name_swapped": ("名的两字颠倒", 0.004),
    "name_shorter": ("漏写一字", 0.002),
    "name_rare": ("生僻字写成“?”或同音字（有生僻字者的记录）", 0.4),
    "name_given_changed": ("改名（此后的记录）", 0.004),
    "name_surname_changed": ("改姓（儿童，此后的记录）", 0.01),
    "newborn": ("新生儿以“某某之子”登记、无证件（未满一岁的记录）", 0.3),
    "document_missing": ("缺证件号码", 0.11),
    "document_missing_child": ("缺证件号码（未满六岁的记录，另加）", 0.15),
    "document_zeros": ("证件号码填零或无意义的数", 0.008),
    "document_transposed": ("证件号码相邻两位颠倒", 0.01),
    "document_digit": ("证件号码错一位", 0.007),
    "document_old": ("15 位旧号（1999 年前出生者的记录）", 0.03),
    "document_of_mother": ("误用母亲的证件号码（未满六岁的记录）", 0.01),
    "birth_default": ("出生日期填 1 月 1 日（六十岁以上者的记录）", 0.05),
    "birth_default_young": ("出生日期填 1 月 1 日（其他记录）", 0.003),
    "birth_lunar": ("出生日期填农历（早 20–45 日）", 0.006),
    "birth_day": ("出生日期差一日或十日", 0.005),
    "birth_swapped": ("出生月日颠倒（日不大于 12 的记录）", 0.006),
    "birth_year": ("出生年份差一年或十年", 0.003),
    "birth_missing": ("缺出生日期", 0.003),
    "phone_changed": ("换了电话（第二条起的记录）", 0.22),
    "phone_family": ("填家人的电话", 0.12),
    "phone_missing": ("缺电话", 0.08),
    "phone_digit": ("电话错一位", 0.008),
    "phone_empty": ("电话填无意义的数", 0.005),
    "moved": ("迁到别的乡镇（第二条起的记录）", 0.07),
    "village_missing": ("缺村", 0.1),
    "sex_wrong": ("性别填反", 0.0015),
    "sex_unknown": ("性别未知", 0.005),
}
_NAMES = tuple(SHARES)


class Slips:
    """Draws the slips of ``size`` records and remembers them."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, seed
        self._marks = np.zeros(size, dtype=np.int64)

    def planted(self) -> pa.Array:
        """What went wrong with each record: the names of slips, joined by blanks."""
        different, at = np.unique(self._marks, return_inverse=True)
        words = [" ".join(name for bit, name in enumerate(_NAMES) if mark >> bit & 1) for mark in different]
        return sampling.take(pa.array(words), at)

    def _drawn(self, name: str, among: Mask | None = None) -> Mask:
        """The records that a slip befalls, of those ``among``."""
        drawn = stream(self._seed, name).random(self._size) < SHARES[name][1]
        if among is not None:
            drawn &= among
        self._marks[drawn] |= 1 << _NAMES.index(name)
        return drawn

    def _unmark(self, name: str, rows: Ints | int) -> None:
        self._marks[rows] &= ~(1 << _NAMES.index(name))

    def newborn(self, possible: Mask) -> Mask:
        return self._drawn("newborn", possible)

    def names(self, characters: Ints, turn: Ints, person: Ints, child: Mask) -> pa.Array:
        names = characters.copy()
        rng = stream(self._seed, "names as written")
        two = names[:, 2] > 0
        self._renamed(names, turn, person, child)
        picks, ticks = rng.random(self._size), rng.random(self._size)
        lengths = (names > 0).sum(axis=1)
        spot = (picks * lengths).astype(np.int64)
        same, near = _homophones()
        for name, table in (("name_sound", same), ("name_alike", near)):
            self._replaced(name, names, spot, ticks, table)
        other = np.flatnonzero(self._drawn("name_other"))
        anyone = np.array([ord(character) for character in SURNAMES + GIVEN])
        names[other, spot[other]] = anyone[(ticks[other] * len(anyone)).astype(np.int64)]
        swapped = self._drawn("name_swapped", two & (names[:, 1] != names[:, 2]))
        names[swapped, 1], names[swapped, 2] = names[swapped, 2], names[swapped, 1]
        shorter = self._drawn("name_shorter", two)
        names[shorter, 2] = 0
        rare = np.isin(names[:, 1], [ord(character) for character in RARE])
        broken = np.flatnonzero(self._drawn("name_rare", rare))
        heard = _first_homophone(names[broken, 1])
        names[broken, 1] = np.where(ticks[broken] < 0.5, ord("?"), heard)
        return _words(names)

    def _renamed(self, names: Ints, turn: Ints, person: Ints, child: Mask) -> None:
        """Some people change their name; all their records from the second on carry the new one."""
        rng = stream(self._seed, "new names")
        people = int(person[-1]) + 1
        given, last = np.array([ord(c) for c in GIVEN]), np.array([ord(c) for c in SURNAMES])
        new_given, new_last = given[rng.integers(0, len(given), (people, 2))], last[rng.integers(0, len(last), people)]
        chance = rng.random((2, people))
        later = turn > 0
        renamed = later & (chance[0] < SHARES["name_given_changed"][1])[person]
        names[renamed, 1:3] = new_given[person[renamed]]
        surname = later & child & (chance[1] < SHARES["name_surname_changed"][1])[person]
        names[surname, 0] = new_last[person[surname]]
        self._marks[renamed] |= 1 << _NAMES.index("name_given_changed")
        self._marks[surname] |= 1 << _NAMES.index("name_surname_changed")

    def _replaced(self, name: str, names: Ints, spot: Ints, ticks: Floats, table: dict[int, Ints]) -> None:
        for row in np.flatnonzero(self._drawn(name)).tolist():
            choice = table.get(int(names[row, spot[row]]))
            if choice is None:
                self._unmark(name, row)
            else:
                names[row, spot[row]] = choice[int(ticks[row] * len(choice))]

    def after_mother(self, names: pa.Array, mothers: Ints, sex: Ints, newborn: Mask) -> pa.Array:
        words = pc.binary_join_element_wise(
            _words(mothers[newborn]), sampling.take(pa.array(["之子", "之女"]), sex[newborn] - 1), ""
        )
        return pc.replace_with_mask(names, pa.array(newborn), words)

    def documents(self, numbers: pa.Array, mothers: pa.Array, age: Ints, newborn: Mask, *, mothered: Mask) -> pa.Array:
        rng = stream(self._seed, "documents as written")
        of_mother = self._drawn("document_of_mother", (age < 6) & mothered)
        numbers = pc.if_else(pa.array(of_mother), mothers, numbers)
        digits = np.frombuffer(numbers.buffers()[2], dtype=np.uint8)[: self._size * 18].reshape(-1, 18).copy()
        place, step = rng.integers(0, 16, self._size), rng.integers(1, 10, self._size)
        turned = np.flatnonzero(self._drawn("document_transposed"))
        at = place[turned]
        differs = digits[turned, at] != digits[turned, at + 1]
        self._unmark("document_transposed", turned[~differs])
        digits[turned, at], digits[turned, at + 1] = digits[turned, at + 1], digits[turned, at]
        wrong = np.flatnonzero(self._drawn("document_digit"))
        at = place[wrong]
        digits[wrong, at] = 48 + (digits[wrong, at] - 48 + step[wrong]) % 10
        old = self._drawn("document_old", age > 27)
        written = pa.array(digits.view("S18").ravel().astype("U18"))
        short = pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(written, 0, 6), pc.utf8_slice_codeunits(written, 8, 17), ""
        )
        written = pc.if_else(pa.array(old), short, written)
        zeros = self._drawn("document_zeros")
        junk = sampling.take(
            pa.array(["000000000000000000", "111111111111111111", "0", "无"]), rng.integers(0, 4, self._size)
        )
        written = pc.if_else(pa.array(zeros), junk, written)
        missing = newborn | self._drawn("document_missing") | self._drawn("document_missing_child", age < 6)
        written = pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), written)
        lower = rng.random(self._size) < 0.2
        return pc.if_else(pa.array(lower), pc.utf8_lower(written), written)

    def births(self, birth: Ints) -> tuple[Ints, Mask]:
        """Days as written, and whether there is one at all."""
        rng = stream(self._seed, "births as written")
        days = birth.astype("datetime64[D]")
        year, month = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
        january = year.astype("datetime64[D]").astype(np.int64)
        day, place = (days - month).astype(np.int64), month.astype(np.int64) % 12
        old = birth < -1_461
        written = birth.copy()
        step = rng.choice([-10, -1, 1, 10], self._size)
        shifted = self._drawn("birth_day")
        written[shifted] += step[shifted]
        lunar = self._drawn("birth_lunar")
        written[lunar] -= rng.integers(20, 46, self._size)[lunar]
        swapped = self._drawn("birth_swapped", (day < 12) & (day != place))
        turned = (year.astype("datetime64[M]") + day.astype("timedelta64[M]")).astype("datetime64[D]").astype(
            np.int64
        ) + place
        written[swapped] = turned[swapped]
        years = self._drawn("birth_year")
        off = ((month + (12 * step).astype("timedelta64[M]")).astype("datetime64[D]").astype(np.int64)) + np.minimum(
            day, 27
        )
        written[years] = off[years]
        default = self._drawn("birth_default", old) | self._drawn("birth_default_young", ~old)
        # One in seven of those who do not know the day does not know the year either.
        january += np.where(rng.random(self._size) < 1 / 7, 365 * np.sign(step), 0)
        first = january.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
        written[default] = first[default]
        return written, ~self._drawn("birth_missing")

    def phones(self, phone: Ints, family: Ints, turn: Ints) -> pa.Array:
        rng = stream(self._seed, "phones as written")
        fresh = (rng.random(self._size) * 1e9).astype(np.int64)
        written = phone.copy()
        changed = self._drawn("phone_changed", turn > 0)
        written[changed] = fresh[changed]
        shared = self._drawn("phone_family", phone != family)
        written[shared] = family[shared]
        wrong = self._drawn("phone_digit")
        power = 10 ** rng.integers(0, 9, self._size)
        digit = written // power % 10
        slipped = written + ((digit + rng.integers(1, 10, self._size)) % 10 - digit) * power
        written[wrong] = slipped[wrong]
        text = sampling.numbered("11", written, 9)
        spaced = pa.array(rng.random(self._size) < 0.02)
        text = pc.if_else(spaced, pc.binary_join_element_wise("+86 ", text, ""), text)
        junk = sampling.take(pa.array(["0", "11111111111", "无"]), rng.integers(0, 3, self._size))
        text = pc.if_else(pa.array(self._drawn("phone_empty")), junk, text)
        return pc.if_else(pa.array(self._drawn("phone_missing")), pa.scalar(None, pa.string()), text)

    def places(
        self, village: Ints, turn: Ints, townships: int, villages: int, county: int
    ) -> tuple[pa.Array, pa.Array]:
        rng = stream(self._seed, "places as written")
        elsewhere = rng.integers(0, townships * villages, self._size)
        moved = self._drawn("moved", turn > 0)
        at = np.where(moved, elsewhere, village)
        township = pa.array(county * 1000 + 101 + at // villages).cast(pa.string())
        number = pa.array((county * 1000 + 101 + at // villages) * 1000 + 201 + at % villages).cast(pa.string())
        lacking = pa.array(self._drawn("village_missing"))
        return township, pc.if_else(lacking, pa.scalar(None, pa.string()), number)

    def sexes(self, sex: Ints) -> Ints:
        written = np.where(self._drawn("sex_wrong"), 3 - sex, sex)
        return np.where(self._drawn("sex_unknown"), 0, written)


def _words(names: Ints) -> pa.Array:
    """Names from their characters (records, 4)."""
    text = np.ascontiguousarray(names, dtype=np.uint32).view("U4").ravel()
    return pa.array(text.tolist(), type=pa.string())


@cache
def _homophones() -> tuple[dict[int, Ints], dict[int, Ints]]:
    """For each character, others that sound the same; and for some, others that sound alike."""
    level_one = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)]
    by_sound: dict[str, list[str]] = defaultdict(list)
    for character in level_one:
        by_sound[lazy_pinyin(character)[0]].append(character)
    same = {}
    for group in by_sound.values():
        for character in group:
            others = [ord(other) for other in group if other != character]
            if others:
                same[ord(character)] = np.array(others)
    turned = {other: character for character, other in ALIKE.items()} | ALIKE
    near = {ord(character): np.array([ord(other)]) for character, other in turned.items()}
    return same, near


def _first_homophone(characters: Ints) -> Ints:
    """One usual character that sounds like each of ``characters``; itself where there is none."""
    same, _ = _homophones()
    by_sound = {lazy_pinyin(chr(code))[0]: code for code in sorted(same, reverse=True)}
    return np.array([by_sound.get(lazy_pinyin(chr(int(code)))[0], int(code)) for code in characters], dtype=np.uint32)
