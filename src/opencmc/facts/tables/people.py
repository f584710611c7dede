"""Residents, the documents that name them, and counted populations."""

from opencmc.facts.tables.schema import Column, NotBefore, Table, Type

SEXES = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}  # GB/T 2261.1
INSURANCE_TYPES = {"310": "职工基本医疗保险", "390": "城乡居民基本医疗保险", "other": "其他", "none": "未参保"}


class Resident(Table):
    """居民：一行一人。不含姓名与证件（见 identity）。"""

    table_name = "resident"
    table_label = "居民"
    key = ("resident_id",)
    checks = (
        NotBefore("birth_date", "death_date", "死亡早于出生"),
        NotBefore("insured_start", "insured_end", "参保结束早于开始"),
    )

    resident_id = Column(Type.TEXT, "居民编号", required=True)
    sex = Column(Type.TEXT, "性别", required=True, one_of=SEXES)
    birth_date = Column(Type.DATE, "出生日期", required=True)
    death_date = Column(Type.DATE, "死亡日期")
    cause_of_death = Column(Type.TEXT, "根本死因（ICD-10）")
    township = Column(Type.TEXT, "现住乡镇（区划代码）", matches=r"\d{9}")
    village = Column(Type.TEXT, "现住村（区划代码）", matches=r"\d{12}")
    insurance_type = Column(Type.TEXT, "险种", one_of=INSURANCE_TYPES)
    insured_region = Column(Type.TEXT, "参保地（区划代码）", matches=r"\d{6}")
    insured_start = Column(Type.DATE, "参保开始")
    insured_end = Column(Type.DATE, "参保结束")


class Identity(Table):
    """居民的姓名、证件与电话：与居民表分开存放，只供身份匹配使用。"""

    table_name = "identity"
    table_label = "身份信息"
    key = ("resident_id",)

    resident_id = Column(Type.TEXT, "居民编号", required=True, references="resident")
    full_name = Column(Type.TEXT, "姓名", required=True)
    document_type = Column(Type.TEXT, "证件类型", one_of={"citizen_id": "居民身份证", "other": "其他"})
    document_number = Column(Type.TEXT, "证件号码")
    phone = Column(Type.TEXT, "电话")


class Population(Table):
    """经统计的人口：某地某日某类人口按性别、年龄段的人数，连同来源。年龄段为 [age_from, age_to)。"""

    table_name = "population"
    table_label = "人口"
    key = ("region", "date", "kind", "sex", "age_from", "age_to")
    event_date = "date"

    region = Column(Type.TEXT, "地区（区划代码）", required=True, matches=r"\d{6}|\d{9}")
    date = Column(Type.DATE, "统计日期", required=True)
    kind = Column(
        Type.TEXT, "人口口径", required=True, one_of={"resident": "常住", "registered": "户籍", "insured": "参保"}
    )
    sex = Column(Type.TEXT, "性别", required=True, one_of=SEXES)
    age_from = Column(Type.INTEGER, "年龄下限", required=True, unit="岁", minimum=0)
    age_to = Column(Type.INTEGER, "年龄上限（不含）", required=True, unit="岁", minimum=1)
    count = Column(Type.INTEGER, "人数", required=True, unit="人", minimum=0)
    source = Column(Type.TEXT, "来源", required=True)
