"""People who work in the community, and where they work from when to when; booked amounts."""

from opencmc.facts.tables.schema import Column, NotBefore, Table, Type


class Staff(Table):
    """工作人员：一行一人。"""

    table_name = "staff"
    table_label = "人员"
    key = ("staff_id",)

    staff_id = Column(Type.TEXT, "人员编号", required=True)
    profession = Column(
        Type.TEXT,
        "类别",
        required=True,
        one_of={
            "physician": "执业（助理）医师",
            "nurse": "注册护士",
            "pharmacist": "药师（士）",
            "technician": "技师（士）",
            "public_health": "公共卫生人员",
            "village_doctor": "乡村医生",
            "management": "管理",
            "other": "其他",
        },
    )
    title = Column(
        Type.TEXT,
        "职称",
        one_of={"senior": "正高", "associate": "副高", "intermediate": "中级", "junior": "初级", "none": "无"},
    )
    is_general_practitioner = Column(Type.BOOLEAN, "全科医生")
    is_tcm = Column(Type.BOOLEAN, "中医类别")


class Posting(Table):
    """岗位：一人从何日到何日、以多少份额在哪家机构工作；外派是类别为 stationed 的岗位。"""

    table_name = "posting"
    table_label = "岗位与派驻"
    key = ("posting_id",)
    event_date = "start"
    checks = (NotBefore("start", "end", "结束早于开始"),)

    posting_id = Column(Type.TEXT, "岗位编号", required=True)
    staff_id = Column(Type.TEXT, "人员编号", required=True, references="staff")
    institution_id = Column(Type.TEXT, "工作机构", required=True, references="institution")
    from_id = Column(Type.TEXT, "派出机构", references="institution")
    kind = Column(
        Type.TEXT,
        "类别",
        required=True,
        one_of={
            "employed": "在编在岗",
            "stationed": "派驻",
            "commissioner": "公共卫生专员",
            "liaison": "公共卫生联络员",
        },
    )
    share_percent = Column(Type.INTEGER, "份额", required=True, unit="%", minimum=1, maximum=100)
    start = Column(Type.DATE, "开始日期", required=True)
    end = Column(Type.DATE, "结束日期")


ACCOUNTS = {
    "medical_income": "医疗收入",
    "service_income": "医疗服务收入（不含药品、耗材、检查、化验）",
    "drug_income": "药品收入",
    "subsidy": "财政补助收入",
    "other_income": "其他收入",
    "staff_pay": "人员薪酬支出",
    "other_cost": "其他支出",
    "assets": "资产（月末）",
    "liabilities": "负债（月末）",
    "fund_budget": "医保总额预算",
    "fund_prepaid": "医保预拨",
}


class Ledger(Table):
    """记账金额：某机构（或共同体）某月某科目的金额；更正以负数或同键新行。"""

    table_name = "ledger"
    table_label = "账目"
    key = ("institution_id", "month", "account")
    event_date = "month"

    institution_id = Column(Type.TEXT, "机构或共同体编号", required=True)
    month = Column(Type.DATE, "月份（首日）", required=True)
    account = Column(Type.TEXT, "科目", required=True, one_of=ACCOUNTS)
    amount_fen = Column(Type.FEN, "金额", required=True, unit="分")
