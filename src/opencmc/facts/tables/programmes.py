"""Family-doctor contracts, what they promise and what was done; programmes and their follow-ups; report cards."""

from opencmc.facts.tables.schema import Column, NotBefore, Table, Type

PROGRAMMES = {
    "hypertension": "高血压",
    "diabetes": "2型糖尿病",
    "elderly": "65岁及以上老年人",
    "severe_mental_disorder": "严重精神障碍",
    "tuberculosis": "肺结核",
    "child": "0–6岁儿童",
    "maternal": "孕产妇",
}


class Contract(Table):
    """家庭医生签约：谁与哪家机构的哪个团队签约，从何日到何日。"""

    table_name = "contract"
    table_label = "家庭医生签约"
    key = ("contract_id",)
    event_date = "start"
    checks = (NotBefore("start", "end", "结束早于开始"),)

    contract_id = Column(Type.TEXT, "签约编号", required=True)
    resident_id = Column(Type.TEXT, "居民编号", required=True, references="resident")
    institution_id = Column(Type.TEXT, "签约机构", required=True, references="institution")
    team = Column(Type.TEXT, "签约团队")
    package = Column(Type.TEXT, "服务包")
    start = Column(Type.DATE, "开始日期", required=True)
    end = Column(Type.DATE, "结束日期")


class ServiceDue(Table):
    """签约应提供的服务：何时应做何事。"""

    table_name = "service_due"
    table_label = "应做服务"
    key = ("service_id",)
    event_date = "due"

    service_id = Column(Type.TEXT, "服务编号", required=True)
    contract_id = Column(Type.TEXT, "签约编号", required=True, references="contract")
    item = Column(Type.TEXT, "服务项目", required=True)
    due = Column(Type.DATE, "应做日期", required=True)


class ServiceDone(Table):
    """已提供的服务：何时由哪家机构做了。"""

    table_name = "service_done"
    table_label = "已做服务"
    key = ("service_id", "date")
    event_date = "date"

    service_id = Column(Type.TEXT, "服务编号", required=True, references="service_due")
    institution_id = Column(Type.TEXT, "机构编号", required=True, references="institution")
    date = Column(Type.DATE, "服务日期", required=True)


class Enrolment(Table):
    """纳入健康管理：谁从何日到何日由哪家机构按哪个项目管理。"""

    table_name = "enrolment"
    table_label = "健康管理"
    key = ("enrolment_id",)
    event_date = "start"
    checks = (NotBefore("start", "end", "结束早于开始"),)

    enrolment_id = Column(Type.TEXT, "管理编号", required=True)
    programme = Column(Type.TEXT, "项目", required=True, one_of=PROGRAMMES)
    resident_id = Column(Type.TEXT, "居民编号", required=True, references="resident")
    institution_id = Column(Type.TEXT, "管理机构", required=True, references="institution")
    start = Column(Type.DATE, "开始日期", required=True)
    end = Column(Type.DATE, "结束日期")


class FollowUp(Table):
    """随访：一行一次接触。数值列按项目取用，未测即空，不作 0。"""

    table_name = "follow_up"
    table_label = "随访"
    key = ("follow_up_id",)
    event_date = "date"

    follow_up_id = Column(Type.TEXT, "随访编号", required=True)
    programme = Column(Type.TEXT, "项目", required=True, one_of=PROGRAMMES)
    resident_id = Column(Type.TEXT, "居民编号", required=True, references="resident")
    institution_id = Column(Type.TEXT, "随访机构", required=True, references="institution")
    date = Column(Type.DATE, "随访日期", required=True)
    systolic = Column(Type.INTEGER, "收缩压", unit="mmHg", minimum=40, maximum=300)
    diastolic = Column(Type.INTEGER, "舒张压", unit="mmHg", minimum=20, maximum=200)
    glucose_tenth = Column(Type.INTEGER, "空腹血糖（十分之一）", unit="0.1 mmol/L", minimum=5, maximum=600)
    outcome = Column(
        Type.TEXT,
        "转归",
        one_of={"controlled": "控制满意", "uncontrolled": "控制不满意", "referred": "建议转诊", "lost": "失访"},
    )


class Infection(Table):
    """传染病报告卡：一行一例。"""

    table_name = "infection"
    table_label = "传染病报告"
    key = ("card_id",)
    event_date = "reported_at"
    checks = (
        NotBefore("onset", "diagnosed_at", "诊断早于发病"),
        NotBefore("diagnosed_at", "reported_at", "报告早于诊断"),
    )

    card_id = Column(Type.TEXT, "报告卡编号", required=True)
    disease = Column(Type.TEXT, "病种", required=True)
    resident_id = Column(Type.TEXT, "居民编号", references="resident")
    onset = Column(Type.DATE, "发病日期")
    diagnosed_at = Column(Type.DATE, "诊断日期")
    reported_at = Column(Type.DATE, "报告日期", required=True)
    township = Column(Type.TEXT, "现住乡镇（区划代码）", matches=r"\d{9}")
    institution_id = Column(Type.TEXT, "报告机构", references="institution")
    result = Column(Type.TEXT, "病例分类", one_of={"suspected": "疑似", "clinical": "临床诊断", "confirmed": "确诊"})


class DiseaseCount(Table):
    """公布的传染病月报：某地某月某病种的病例数与死亡数（未公布即无行，不作 0）。"""

    table_name = "disease_count"
    table_label = "传染病月报"
    key = ("region", "disease", "date")
    event_date = "date"

    region = Column(Type.TEXT, "地区", required=True)
    disease = Column(Type.TEXT, "病种", required=True)
    date = Column(Type.DATE, "月份（首日）", required=True)
    cases = Column(Type.INTEGER, "病例数", unit="例", minimum=0)
    deaths = Column(Type.INTEGER, "死亡数", unit="例", minimum=0)
    source = Column(Type.TEXT, "来源", required=True)
