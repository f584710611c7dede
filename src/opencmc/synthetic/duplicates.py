"""Identity records of made-up people who stand in the registers more than once, and who is who.

Any size up to millions, the same bytes for the same size and seed. What goes wrong with a record is drawn record by record
in :mod:`opencmc.synthetic.slips`; the shares stand there, and nowhere else. Documents carry area codes that no place has
(``3902xx``; no province is numbered 39), telephone numbers begin with 11, which no mobile network uses, townships and
villages begin with 390226.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.identity import GIVEN, SURNAMES, documents
from opencmc.synthetic.sampling import Ints, Mask, stream
from opencmc.synthetic.slips import RARE, Slips

#: The share of people with one, two, three and four records: 1.62 records a person, 0.87 true pairs a person.
TIMES = (0.58, 0.27, 0.10, 0.05)
#: The day on which ages are counted.
AS_OF = date(2025, 12, 31)
_HOUSEHOLDS = (0.17, 0.28, 0.24, 0.18, 0.09, 0.04)
_TOWNSHIPS, _VILLAGES = 18, 20
#: Further characters of given names, so that they are as manifold as in a county.
_MORE = (
    "一乐云亦亮亿仁伊佩俊信倩健光克全公兵冬冰凡凤凯利刚力功加劲勤化千华南卓博卫厚双发可叶司同君吉启和品哲"
    "唯啸善四园圆坚坤城培堂增士声夏大天奇奎好妍妙姗姣娇婉婷媛孝学守安宏宗官定宝宣家容宽宾富寒寿小少尚尧"
    "山岚岩峰崇川工巧帅希常年广庆康延弘弟彤彦影彬德必忆忠怀恒恩悦情惠慧成振政敏文斌斯新方旋旭时昆昊昌昕"
    "星晋晓晖景晴智曼月有朋木本权来松林枝柏柔柳栋根桐桥森楠榕樱次欢歌正毅民江池汉沁沛泉泽洁津洋洪浩淑淼清"
    "源滨潇澄澜灵炎炜炳烁焕然照熙爱牧玮环玥珂珊珍珠球理琦琪琳琴琼瑜瑞瑶瑾璇璐甜生申男画留益盛直真睿知石碧"
    "祖祥禄秋科程立童笑筠箫精素红纪纯纲维绍缘罡美群翔翠耀聪肖胜能自舒航艺艾芝芬花芸苗若茂茜茵荣莎莹菁菲萌"
    "萱蓉蓓蓝蔓蕊蕾薇虎虹蝶行裕西言诗语谦谷贤贵赞超越跃路轶辰达迎运进远连迪通逸道邦采重金钊钢钧铁锋锐锦镇"
    "长闻阔陆雁雄雅雯震霄霖露青靖静韵顺颖颜风馨马驰骏骥高鑫魁鸣鸿鹤麟黎龙"
)
_COUNTY = 390_226


@dataclass(frozen=True)
class Planted:
    """``records`` (record_id, full_name, sex, birth_date, document_number, phone, township, village) in the order of
    ``record_id``, and the answer ``key`` (record_id, person, planted: what went wrong with this record)."""

    records: pa.Table
    key: pa.Table


@dataclass(frozen=True)
class Folk:
    """People as they are: one position a person. ``names`` are characters (people, 4), 0 where there is none."""

    names: Ints
    sex: Ints
    birth: Ints
    order: Ints
    area: Ints
    phone: Ints
    family_phone: Ints
    village: Ints
    mother: Ints


def make_records(size: int, seed: int) -> Planted:
    """``size`` records (at least 100) of about ``size / 1.62`` people."""
    if size < 100:
        raise ValueError("记录数至少为 100")
    times = np.array([], dtype=np.int64)
    rng = stream(seed, "times")
    while times.sum() < size:
        times = np.concatenate((times, rng.choice(4, size, p=TIMES) + 1))
    people = int(np.searchsorted(np.cumsum(times), size)) + 1
    times = times[:people]
    times[-1] -= times.sum() - size
    folk = _folk(people, seed)
    person = np.repeat(np.arange(people), times)
    turn = np.arange(size) - np.repeat(np.cumsum(times) - times, times)
    slips = Slips(size, seed)
    day = (np.datetime64(AS_OF) - np.datetime64("1970-01-01")).astype(np.int64)
    age = (day - folk.birth[person]) // 365
    born = age < 1
    newborn = slips.newborn(born & (folk.mother[person] >= 0))
    names = slips.names(folk.names[person], turn, person, child=age < 18)
    names = slips.after_mother(names, folk.names[folk.mother[person]], folk.sex[person], newborn)
    numbers = documents(folk.birth, folk.order, folk.sex, folk.area)
    number = slips.documents(
        numbers.take(pa.array(person)), numbers.take(pa.array(np.maximum(folk.mother[person], 0))), age, newborn,
        mothered=folk.mother[person] >= 0,
    )  # fmt: skip
    birth, dated = slips.births(folk.birth[person])
    phones = slips.phones(folk.phone[person], folk.family_phone[person], turn)
    township, village = slips.places(folk.village[person], turn, _TOWNSHIPS, _VILLAGES, _COUNTY)
    sex = slips.sexes(folk.sex[person])
    shuffled = stream(seed, "order").permutation(size)
    records = pa.table(
        {
            "record_id": sampling.numbered("M", np.arange(1, size + 1), 8),
            "full_name": names.take(pa.array(shuffled)),
            "sex": sampling.take(pa.array(["0", "1", "2"]), sex[shuffled]),
            "birth_date": sampling.dates(birth[shuffled], ~dated[shuffled]),
            "document_number": number.take(pa.array(shuffled)),
            "phone": phones.take(pa.array(shuffled)),
            "township": township.take(pa.array(shuffled)),
            "village": village.take(pa.array(shuffled)),
        }
    )
    key = pa.table(
        {
            "record_id": records["record_id"],
            "person": sampling.numbered("P", person[shuffled] + 1, 8),
            "planted": slips.planted().take(pa.array(shuffled)),
        }
    )
    return Planted(records, key)


def _folk(people: int, seed: int) -> Folk:
    rng = stream(seed, "folk")
    sizes = rng.choice(6, people, p=_HOUSEHOLDS) + 1
    house = np.repeat(np.arange(people), sizes)[:people]
    starts = (np.cumsum(sizes) - sizes)[house]
    place = np.arange(people) - starts
    # Places in a household: 0 head, 1 spouse, 2 and 3 children, 4 and 5 the head's parents.
    head_age = rng.integers(22, 75, people)[house]
    child_age = head_age - 26 - rng.integers(-4, 9, people)
    child_age = np.where(child_age < 0, rng.integers(0, 16, people), child_age)
    ages = np.select(
        [place == 0, place == 1, place <= 3],
        [head_age, head_age + rng.integers(-6, 4, people), child_age],
        head_age + 25,
    )
    day = (np.datetime64(AS_OF) - np.datetime64("1970-01-01")).astype(np.int64)
    birth = day - np.clip(ages, 0, 102) * 365 - rng.integers(0, 365, people)
    sex = np.select([place == 0, place == 1, place == 4, place == 5], [1, 2, 1, 2], rng.integers(1, 3, people))
    single = rng.random(people)[house] < 0.4
    sex = np.where((place == 0) & single, 2, np.where((place == 1) & single, 1, sex))
    twin = np.flatnonzero((place == 3) & (rng.random(people) < 0.055))
    birth[twin] = birth[twin - 1]
    same_sex = twin[rng.random(len(twin)) < 0.65]
    sex[same_sex] = sex[same_sex - 1]
    names = _names(rng, people, place, starts, twin)
    own = (rng.random(people) * 1e9).astype(np.int64)
    head_phone = own[starts]
    young = (ages < 14) & (place > 1)
    old = (ages > 68) & (rng.random(people) < 0.4)
    clinic = (rng.random(_TOWNSHIPS * _VILLAGES) * 1e9).astype(np.int64)
    village = rng.integers(0, _TOWNSHIPS * _VILLAGES, people)[house]
    phone = np.where(young | old, head_phone, own)
    # Some of the old have left the number of the village's doctor.
    phone = np.where(old & (rng.random(people) < 0.1), clinic[village], phone)
    women = np.where(sex[starts] == 2, starts, np.where((sizes[house] > 1), starts + 1, -1))
    women = np.minimum(women, people - 1)
    mother = np.where((place >= 2) & (place <= 3), women, -1)
    area = np.where(rng.random(people) < 0.9, _COUNTY, 390_200 + rng.integers(0, 99, people))
    return Folk(names, sex, birth, _orders(birth, sex), area, phone, head_phone, village, mother)


def _names(rng: np.random.Generator, people: int, place: Ints, starts: Ints, twin: Ints) -> Ints:
    """Characters of names: children and grandfathers have the head's surname, twins share a character."""
    last, first = np.array([ord(c) for c in SURNAMES]), np.array([ord(c) for c in dict.fromkeys(GIVEN + _MORE)])
    surname = last[np.minimum(rng.exponential(24, people), len(last) - 1).astype(np.int64)]
    followers = (place == 2) | (place == 3) | (place == 4)
    surname = np.where(followers, surname[starts], surname)
    names = np.zeros((people, 4), dtype=np.uint32)
    names[:, 0] = surname
    drawn = np.minimum(rng.exponential(len(first) / 3.2, (people, 2)), len(first) - 1).astype(np.int64)
    # Nearly half have a name in fashion, so that some names are borne by two in ten thousand.
    fashion = rng.random(people) < 0.45
    drawn[fashion] = np.minimum(rng.exponential(12, (people, 2)), len(first) - 1).astype(np.int64)[fashion]
    names[:, 1:3] = first[drawn]
    names[rng.random(people) < 0.13, 2] = 0
    names[rng.random(people) < 0.03, 2] = 0
    # What people's parents chose to be written seldom.
    rare = np.flatnonzero(rng.random(people) < 0.004)
    names[rare, 1] = np.array([ord(c) for c in RARE])[rng.integers(0, len(RARE), len(rare))]
    names[twin, 0:2] = names[twin - 1, 0:2]
    both = twin[(names[twin, 2] == 0) | (names[twin, 2] == names[twin - 1, 2])]
    names[both, 2] = first[(drawn[both, 1] + 7) % len(first)]
    return names


def _orders(birth: Ints, sex: Ints) -> Ints:
    """Half of a document's order code: a running number among people of one birthday and sex, so that twins of one sex
    stand side by side."""
    group = birth * 2 + sex % 2
    by_group = np.argsort(group, kind="stable")
    starts: Mask = np.diff(group[by_group], prepend=group[by_group[:1]] - 1) != 0
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    orders = np.empty(len(group), dtype=np.int64)
    orders[by_group] = np.arange(len(group)) - first
    return orders % 500
