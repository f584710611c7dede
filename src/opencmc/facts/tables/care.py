"""Visits, stays, referrals between institutions, and work asked of shared centres."""

from opencmc.facts.tables.schema import Column, NotAbove, NotBefore, Table, Type

_MONEY_CHECKS = (
    NotAbove("fund_fen", "total_fen", "基金支付大于总费用"),
    NotAbove("own_fen", "total_fen", "个人负担大于总费用"),
)


class Visit(Table):
    """门急诊诊疗：一行一人次。县外机构的人次来自医保结算回传。"""

    table_name = "visit"
    table_label = "诊疗人次"
    key = ("visit_id",)
    event_date = "date"
    checks = _MONEY_CHECKS

    visit_id = Column(Type.TEXT, "诊疗编号", required=True)
    resident_id = Column(Type.TEXT, "居民编号", references="resident")
    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    date = Column(Type.DATE, "就诊日期", required=True)
    kind = Column(
        Type.TEXT,
        "类别",
        required=True,
        one_of={"outpatient": "门诊", "emergency": "急诊", "home": "出诊", "pharmacy": "购药"},
    )
    is_tcm = Column(Type.BOOLEAN, "中医类诊疗", required=True)
    diagnosis = Column(Type.TEXT, "主要诊断（ICD-10）")
    referral_id = Column(Type.TEXT, "转诊单编号")
    insured_region = Column(Type.TEXT, "参保地（区划代码）", matches=r"\d{6}")
    total_fen = Column(Type.FEN, "总费用", required=True, unit="分", minimum=0)
    fund_fen = Column(Type.FEN, "基金支付", required=True, unit="分", minimum=0)
    own_fen = Column(Type.FEN, "个人负担", required=True, unit="分", minimum=0)


class Stay(Table):
    """住院病例：病案首页与结算清单合成一行。第一个诊断为主要诊断，第一个手术为主要手术。费用不详即空，不作 0。"""

    table_name = "stay"
    table_label = "住院"
    key = ("stay_id",)
    event_date = "discharged"
    checks = (NotBefore("admitted", "discharged", "出院早于入院"), *_MONEY_CHECKS)

    stay_id = Column(Type.TEXT, "病例编号", required=True)
    resident_id = Column(Type.TEXT, "居民编号", references="resident")
    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    admitted = Column(Type.DATE, "入院日期", required=True)
    discharged = Column(Type.DATE, "出院日期", required=True)
    sex = Column(Type.TEXT, "性别", one_of={"0": "未知", "1": "男", "2": "女", "9": "未说明"})
    age_years = Column(Type.INTEGER, "年龄", unit="岁", minimum=0, maximum=130)
    age_days = Column(Type.INTEGER, "不足一周岁的年龄", unit="天", minimum=0, maximum=366)
    birth_weight_g = Column(Type.INTEGER, "新生儿出生体重", unit="克", minimum=100, maximum=9999)
    diagnoses = Column(Type.TEXT_LIST, "诊断（ICD-10）", required=True)
    procedures = Column(Type.TEXT_LIST, "手术操作（ICD-9-CM-3）")
    discharge_way = Column(
        Type.TEXT,
        "离院方式",
        one_of={
            "1": "医嘱离院",
            "2": "医嘱转院",
            "3": "医嘱转社区卫生服务机构/乡镇卫生院",
            "4": "非医嘱离院",
            "5": "死亡",
            "9": "其他",
        },
    )
    insured_region = Column(Type.TEXT, "参保地（区划代码）", matches=r"\d{6}")
    outflow = Column(
        Type.TEXT,
        "县外住院的缘由",
        one_of={
            "none": "县内住院",
            "referred": "经转诊",
            "emergency": "急诊",
            "resident_elsewhere": "异地居住",
            "unreferred": "未经转诊",
        },
    )
    referral_id = Column(Type.TEXT, "转诊单编号")
    total_fen = Column(Type.FEN, "总费用", unit="分", minimum=0)
    fund_fen = Column(Type.FEN, "基金支付", unit="分", minimum=0)
    own_fen = Column(Type.FEN, "个人负担", unit="分", minimum=0)
    unreasonable_fen = Column(Type.FEN, "不合理费用", unit="分", minimum=0)


class Referral(Table):
    """转诊单：一行一次转诊，记到各步发生的日期。"""

    table_name = "referral"
    table_label = "转诊"
    key = ("referral_id",)
    event_date = "created"
    checks = (
        NotBefore("created", "accepted", "接收早于发出"),
        NotBefore("accepted", "arrived", "到诊早于接收"),
        NotBefore("created", "closed", "结束早于发出"),
    )

    referral_id = Column(Type.TEXT, "转诊单编号", required=True)
    direction = Column(
        Type.TEXT, "方向", required=True, one_of={"up": "上转", "down": "下转", "across": "平转", "out": "转往县外"}
    )
    resident_id = Column(Type.TEXT, "居民编号", references="resident")
    from_id = Column(Type.TEXT, "转出机构", required=True, references="institution")
    to_id = Column(Type.TEXT, "转入机构", required=True, references="institution")
    created = Column(Type.DATE, "发出日期", required=True)
    accepted = Column(Type.DATE, "接收日期")
    arrived = Column(Type.DATE, "到诊日期")
    closed = Column(Type.DATE, "结束日期")
    state = Column(
        Type.TEXT,
        "状态",
        required=True,
        one_of={
            "sent": "已发出",
            "accepted": "已接收",
            "arrived": "已到诊",
            "returned": "已下转回",
            "closed": "已结束",
            "refused": "已退回",
            "withdrawn": "已撤回",
        },
    )
    reason = Column(Type.TEXT, "缘由")
    list_line = Column(Type.TEXT, "所依病名清单条目")


class Order(Table):
    """共享中心的申请单：谁请哪个中心做什么，何时出报告，是否互认，应付多少。"""

    table_name = "order"
    table_label = "共享中心申请"
    key = ("order_id",)
    event_date = "ordered"
    checks = (NotBefore("ordered", "reported", "报告早于申请"),)

    order_id = Column(Type.TEXT, "申请编号", required=True)
    centre = Column(
        Type.TEXT,
        "共享中心",
        required=True,
        one_of={
            "imaging": "医学影像",
            "ecg": "心电诊断",
            "laboratory": "临床检验",
            "pathology": "病理诊断",
            "sterile_supply": "消毒供应",
        },
    )
    kind = Column(Type.TEXT, "项目")
    from_id = Column(Type.TEXT, "申请机构", required=True, references="institution")
    to_id = Column(Type.TEXT, "承担机构", required=True, references="institution")
    resident_id = Column(Type.TEXT, "居民编号", references="resident")
    ordered = Column(Type.DATE, "申请日期", required=True)
    reported = Column(Type.DATE, "报告日期")
    recognised = Column(Type.BOOLEAN, "互认（未重复检查）")
    fee_fen = Column(Type.FEN, "费用", unit="分", minimum=0)
