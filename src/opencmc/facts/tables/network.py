"""Institutions, their dated roles in communities, their equipment, and what reviewers found of them."""

from opencmc.facts.tables.schema import Column, NotBefore, Table, Type

TIERS = {"county": "县级", "township": "乡镇级", "village": "村级", "outside": "县外"}
INSTITUTION_KINDS = {
    "general_hospital": "综合医院",
    "tcm_hospital": "中医医院",
    "mch_hospital": "妇幼保健院",
    "specialty_hospital": "专科医院",
    "private_hospital": "民营医院",
    "township_health_centre": "乡镇卫生院",
    "community_health_centre": "社区卫生服务中心",
    "village_clinic": "村卫生室",
    "community_station": "社区卫生服务站",
    "disease_control_centre": "疾病预防控制中心",
    "pharmacy": "定点零售药店",
    "other": "其他",
}

COMMUNITY_KINDS = {"general": "综合医共体", "specialty": "专科医共体", "alliance": "联盟"}
MEMBERSHIP_ROLES = {"lead": "牵头", "member": "成员", "linked": "医联"}
ATTACHMENT_KINDS = {"branch": "分院", "clinic": "下设村卫生室（站）", "centre": "附设中心", "other": "其他附属"}


class Institution(Table):
    """医疗卫生机构：一行一家机构。“基层”指 tier 为 township 或 village 的机构（按执业许可，不按隶属）。"""

    table_name = "institution"
    table_label = "机构"
    key = ("institution_id",)
    checks = (NotBefore("opened", "closed", "停业早于开业"),)

    institution_id = Column(Type.TEXT, "机构编号", required=True)
    name = Column(Type.TEXT, "机构名称", required=True)
    short_name = Column(Type.TEXT, "简称")
    tier = Column(Type.TEXT, "层级", required=True, one_of=TIERS)
    kind = Column(Type.TEXT, "类别", required=True, one_of=INSTITUTION_KINDS)
    region = Column(Type.TEXT, "所在县（区划代码）", required=True, matches=r"\d{6}")
    township = Column(Type.TEXT, "所在乡镇（区划代码）", matches=r"\d{9}")
    attached_to = Column(Type.TEXT, "附属于（机构编号）", references="institution")
    open_beds = Column(Type.INTEGER, "开放床位", unit="张", minimum=0)
    opened = Column(Type.DATE, "开业日期")
    closed = Column(Type.DATE, "停业日期")


class Membership(Table):
    """机构在共同体中的角色：有起止日期，可同时属于多个共同体（一个综合、多个专科）。期间左闭右开。"""

    table_name = "membership"
    table_label = "共同体成员关系"
    key = ("community_id", "institution_id", "start")
    checks = (NotBefore("start", "end", "结束早于开始"),)

    community_id = Column(Type.TEXT, "共同体编号", required=True)
    community_name = Column(Type.TEXT, "共同体名称", required=True)
    community_kind = Column(
        Type.TEXT,
        "共同体类别",
        required=True,
        one_of=COMMUNITY_KINDS,
    )
    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    role = Column(Type.TEXT, "角色", required=True, one_of=MEMBERSHIP_ROLES)
    start = Column(Type.DATE, "开始日期", required=True)
    end = Column(Type.DATE, "结束日期")


class Attachment(Table):
    """附属关系：分院、下设机构附属于哪一家，有起止日期，期间左闭右开。有此表的行时，以此表为准，不看机构表的“附属于”。"""

    table_name = "attachment"
    table_label = "附属关系"
    key = ("institution_id", "start")
    checks = (NotBefore("start", "end", "结束早于开始"),)

    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    attached_to = Column(Type.TEXT, "附属于（机构编号）", required=True, references="institution")
    kind = Column(Type.TEXT, "附属方式", required=True, one_of=ATTACHMENT_KINDS)
    start = Column(Type.DATE, "开始日期", required=True)
    end = Column(Type.DATE, "结束日期")


class Equipment(Table):
    """设备登记：哪家机构从何日到何日有可用的设备（例如能上传的心电设备）。"""

    table_name = "equipment"
    table_label = "设备"
    key = ("equipment_id",)
    checks = (NotBefore("start", "end", "停用早于启用"),)

    equipment_id = Column(Type.TEXT, "设备编号", required=True)
    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    kind = Column(
        Type.TEXT,
        "类别",
        required=True,
        one_of={"ecg": "心电", "imaging": "影像", "laboratory": "检验", "other": "其他"},
    )
    connected = Column(Type.BOOLEAN, "能上传至共享中心", required=True)
    start = Column(Type.DATE, "启用日期", required=True)
    end = Column(Type.DATE, "停用日期")


class Assessment(Table):
    """定性评判：评审人对一个单位的一个项目在某日所作的判断（例如资源统一管理的七项）。"""

    table_name = "assessment"
    table_label = "定性评判"
    key = ("unit_id", "item", "date")
    event_date = "date"

    unit_id = Column(Type.TEXT, "单位（共同体或机构编号）", required=True)
    item = Column(Type.TEXT, "项目编号", required=True)
    date = Column(Type.DATE, "评判日期", required=True)
    result = Column(Type.TEXT, "结果", required=True, one_of={"met": "已落实", "not_met": "未落实"})
    evidence = Column(Type.TEXT, "佐证")
