"""紧密型、同质化、保健康与规划：登记在册的人、岗位、物与评判，按期末时点。"""

PEOPLE = """
    地区 | 统计日期 | 年龄下限 | 年龄上限 | 人数
    330226    | 2024-12-31 | 0  | 65  | 15000
    330226    | 2024-12-31 | 65 | 120 | 5000
    330226101 | 2024-12-31 | 0  | 65  | 3000
    330226101 | 2024-12-31 | 65 | 120 | 1000
    330226104 | 2025-02-10 | 0  | 120 | 2000
"""


def test_unified_management_is_the_share_of_items_that_were_last_judged_as_carried_out(spec):
    facts = """
        单位 | 项目编号 | 评判日期 | 结果
        G1 | unified.hr          | 2025-01-15 | 未落实
        G1 | unified.hr          | 2025-07-15 | 已落实
        G1 | unified.finance     | 2025-01-15 | 已落实
        G1 | unified.assets      | 2025-01-15 | 未落实
        G1 | unified.business    | 2025-01-15 | 已落实
        G1 | unified.drugs       | 2025-01-15 | 已落实
        G1 | unified.information | 2025-01-15 | 已落实
        G1 | unified.logistics   | 2025-01-15 | 已落实
    """
    spec(
        "m24_01",
        assessment=facts,
        expect={
            "community G1 2025-01": "5 / 7 = 71.43",
            "community G1 2025-07": "6 / 7 = 85.71",
            "community G2 2025-07": "未知：有项目尚未评判",
            "county 2025-07": "未知：有项目尚未评判",
        },
    )


def test_democratic_decisions_are_those_in_which_members_voted(spec):
    spec(
        "m24_02",
        assessment="""
            单位 | 项目编号 | 评判日期 | 结果
            G1 | democracy.member_votes | 2025-01-20 | 已落实
            G1 | democracy.member_votes | 2025-03-20 | 未落实
            G2 | democracy.member_votes | 2025-03-21 | 已落实
        """,
        expect={
            "county 2025Q1": "2 / 3 = 66.67",
            "community G1 2025Q1": "1 / 2 = 50.00",
            "community G2 2025-01": "不适用：分母为 0",
        },
    )


def test_services_that_work_together(spec):
    spec(
        "m24_03",
        assessment="""
            单位 | 项目编号 | 评判日期 | 结果
            G1 | coordination.referral         | 2025-01-15 | 已落实
            G1 | coordination.remote_diagnosis | 2025-01-15 | 已落实
            G1 | coordination.recognition      | 2025-01-15 | 未落实
            G1 | coordination.surveillance     | 2025-01-15 | 已落实
            G1 | coordination.shared_centres   | 2025-01-15 | 已落实
        """,
        expect={"community G1 2025-01": "4 / 5 = 80.00", "community G1 2024-12": "未知：有项目尚未评判"},
    )


STAFF = """
    人员编号 | 类别 | 职称 | 全科医生 | 中医类别
    p1 | 执业（助理）医师 | 中级 | 否 | 否
    p2 | 执业（助理）医师 | 副高 | 是 | 是
    p3 | 执业（助理）医师 | 初级 | 否 | 否
    n1 | 注册护士 | 中级 | 否 | 否
    n2 | 注册护士 | 无 | 否 | 否
    d1 | 药师（士） | 初级 | 否 | 否
    v1 | 乡村医生 | 无 | 否 | 否
    v2 | 执业（助理）医师 | 初级 | 否 | 否
    g1 | 公共卫生人员 | 初级 | 否 | 否
"""


def test_physicians_sent_for_half_a_year_per_ten_thousand_residents(spec):
    spec(
        "m24_04",
        staff=STAFF,
        population=PEOPLE,
        posting="""
            人员编号 | 工作机构 | 派出机构 | 类别 | 开始日期 | 结束日期
            p1 | T1 | H1 | 派驻 | 2025-01-01 | 2025-04-01
            p1 | T2 | H1 | 派驻 | 2025-05-01 | 2025-08-01
            p2 | T1 | H1 | 派驻 | 2025-03-01 | 2025-06-01
            p3 | T1 | H1 | 派驻 | 2025-01-01 |
            n1 | T1 | H1 | 派驻 | 2025-01-01 |
        """,
        expect={
            "county 2025-01..2025-06": "0 / 20000 = 0.00",
            "county 2025-01..2025-07": "1 / 20000 = 0.50",
            "county 2025": "1 / 20000 = 0.50",
            "community G1 2025": "0 / 4000 = 0.00",
        },
    )


def test_village_coverage_with_ecg_that_can_send(spec):
    spec(
        "m24_05",
        equipment="""
            设备编号 | 机构编号 | 能上传至共享中心 | 启用日期 | 停用日期
            e1 | V1 | 是 | 2025-01-10 | 2025-02-28
            e2 | V2 | 否 | 2024-01-01 |
            e3 | X9 | 是 | 2024-01-01 |
        """,
        expect={
            "county 2024-12": "0 / 2 = 0.00（未归位 1）",
            "county 2025-01": "1 / 2 = 50.00（未归位 1）",
            "county 2025-02": "0 / 2 = 0.00（未归位 1）",
            "community G1 2025-01": "1 / 1 = 100.00（未归位 1）",
        },
    )


def test_reports_for_primary_institutions_count_by_the_day_of_the_report(spec):
    facts = """
        共享中心 | 申请机构 | 申请日期 | 报告日期
        医学影像 | T1 | 2025-01-30 | 2025-02-01
        心电诊断 | V2 | 2025-01-30 | 2025-01-30
        临床检验 | T1 | 2025-01-30 | 2025-01-31
        医学影像 | H2 | 2025-01-30 | 2025-01-31
        医学影像 | T1 | 2025-02-28 |
    """
    for indicator in ("m24_05_reports", "m20_13"):
        spec(
            indicator,
            order=facts,
            expect={
                "county 2025-01": "1",
                "county 2025-02": "1",
                "community G2 2025-01": "1",
                "institution T1 2025Q1": "1",
            },
        )


def test_pay_per_head_of_primary_institutions_against_the_lead_hospital(spec):
    for indicator in ("m24_06", "m20_19"):
        spec(
            indicator,
            staff=STAFF,
            posting="""
                人员编号 | 工作机构 | 派出机构 | 类别 | 开始日期 | 结束日期
                p1 | H1 |    | 在编在岗 | 2020-01-01 | 2025-02-01
                p1 | T1 | H1 | 派驻     | 2025-02-01 |
                p2 | H1 |    | 在编在岗 | 2020-01-01 |
                n1 | T1 |    | 在编在岗 | 2020-01-01 |
                v1 | V1 |    | 在编在岗 | 2020-01-01 |
            """,
            ledger="""
                机构 | 月份 | 科目 | 金额
                H1 | 2025-01-01 | 人员薪酬支出 | 4000000
                H1 | 2025-02-01 | 人员薪酬支出 | 4000000
                T1 | 2025-01-01 | 人员薪酬支出 | 1000000
                T1 | 2025-02-01 | 人员薪酬支出 | 1100000
            """,
            expect={
                "community G1 2025-01": "1000000 / 2000000 = 0.5000",
                "community G1 2025-01..2025-02": "2100000 / 4000000 = 0.5250",
                "community G2 2025-01": "未知：未报送：基层医疗卫生机构人员薪酬；未报送：牵头医院人员薪酬",
            },
        )


MANAGED = {
    "enrolment": """
        管理编号 | 项目 | 居民编号 | 管理机构 | 开始日期 | 结束日期
        a | 高血压 | 甲 | T1 | 2024-01-01 |
        b | 2型糖尿病 | 甲 | T1 | 2024-01-01 |
        c | 高血压 | 乙 | T1 | 2024-01-01 |
        d | 高血压 | 丙 | T2 | 2025-02-15 |
        e | 65岁及以上老年人 | 乙 | V1 | 2024-01-01 |
    """
}


def test_admission_rate_counts_managed_people_once_whatever_they_have(spec):
    spec(
        "m24_13",
        **MANAGED,
        stay="""
            机构编号 | 居民编号 | 入院日期 | 出院日期
            O1 | 甲 | 2025-01-01 | 2025-01-05
            H1 | 甲 | 2025-01-11 | 2025-01-15
            H1 | 丙 | 2025-01-11 | 2025-01-15
        """,
        expect={
            "county 2025-01": "1 / 2 = 50.00",
            "county 2025Q1": "2 / 3 = 66.67",
            "institution T1 2025Q1": "1 / 2 = 50.00",
            "community G2 2025-01": "不适用：分母为 0",
            "community G2 2025Q1": "1 / 1 = 100.00",
        },
    )


def test_standard_management_asks_for_a_follow_up_in_every_whole_quarter(spec):
    for indicator in ("cq_standard_management_rate", "m20_05"):
        spec(
            indicator,
            **MANAGED,
            follow_up="""
                随访编号 | 项目 | 居民编号 | 随访日期
                1 | 高血压 | 甲 | 2025-01-31
                2 | 高血压 | 甲 | 2025-06-30
                3 | 2型糖尿病 | 甲 | 2025-02-01
                4 | 高血压 | 丙 | 2025-04-01
            """,
            expect={
                "county 2025Q1": "2 / 3 = 66.67",
                "county 2025Q2": "2 / 4 = 50.00",
                "county 2025-01..2025-06": "2 / 4 = 50.00",
                "institution T1 2025-01..2025-06": "1 / 3 = 33.33",
                "county 2025-01..2025-02": "不适用：分母为 0",
            },
        )


def test_premature_mortality_by_the_life_table(spec):
    ages = "\n".join(f"330226 | 2024-12-31 | {age} | {age + 5} | 100000" for age in range(30, 70, 5))
    deaths = {30: 40, 35: 60, 40: 100, 45: 170, 50: 280, 55: 450, 60: 720, 65: 1150}
    causes = ("I21.9", "C34.9", "J44.1", "E11.9")
    people = "\n".join(
        f"死{age}-{n} | 男 | {2025 - age}-01-01 | 2025-06-30 | {causes[n % 4]} | 330226101"
        for age, count in deaths.items()
        for n in range(count)
    )
    others = (
        "老 | 男 | 1950-01-01 | 2025-06-30 | I21.9 | 330226101\n伤 | 男 | 1980-01-01 | 2025-06-30 | V03.1 | 330226101"
    )
    spec(
        "m24_14",
        population=f"地区 | 统计日期 | 年龄下限 | 年龄上限 | 人数\n{ages}",
        resident=f"居民编号 | 性别 | 出生日期 | 死亡日期 | 根本死因 | 现住乡镇\n{people}\n{others}",
        expect={"county 2025": "2970 / 800000 = 13.80"},
    )


def test_premature_mortality_needs_the_population_by_age(spec):
    spec(
        "m24_14",
        population=PEOPLE,
        resident="""
            居民编号 | 性别 | 出生日期 | 死亡日期 | 根本死因 | 现住乡镇
            甲 | 男 | 1970-01-01 | 2025-06-30 | I21.9 | 330226101
        """,
        expect={"county 2025": "未知：缺30–69岁常住人口（期末或之前的统计）"},
    )


def test_beds_per_thousand_by_ownership(spec):
    institutions = """
        机构编号 | 机构名称 | 层级 | 类别 | 所在县 | 所在乡镇 | 开放床位 | 开业日期
        H1 | 综合 | 县级 | 综合医院 | 330226 | 330226001 | 100 |
        H3 | 中医 | 县级 | 中医医院 | 330226 | 330226001 | 40 | 2025-02-01
        P1 | 民营 | 县级 | 民营医院 | 330226 | 330226001 | 50 |
        P2 | 民营 | 县级 | 民营医院 | 330226 | 330226001 |    |
        T1 | 长街 | 乡镇级 | 乡镇卫生院 | 330226 | 330226101 | 20 |
        O1 | 市级 | 县外 | 综合医院 | 330203 |  | 1000 |
    """
    for indicator, january, february in (
        ("dh_beds_per_1000", "170 / 20000 = 8.50（未归位 1）", "210 / 20000 = 10.50（未归位 1）"),
        ("dh_public_beds_per_1000", "100 / 20000 = 5.00", "140 / 20000 = 7.00"),
        ("dh_tcm_beds_per_1000", "0 / 20000 = 0.00", "40 / 20000 = 2.00"),
        ("dh_private_beds_per_1000", "50 / 20000 = 2.50（未归位 1）", "50 / 20000 = 2.50（未归位 1）"),
        ("dh_county_primary_beds_per_1000", "120 / 20000 = 6.00", "160 / 20000 = 8.00"),
    ):
        spec(
            indicator,
            institution=institutions,
            population=PEOPLE,
            expect={"county 2025-01": january, "county 2025-02": february},
        )


def test_staff_per_resident_counts_a_person_once(spec):
    postings = """
        人员编号 | 工作机构 | 派出机构 | 类别 | 开始日期 | 结束日期 | 份额
        p1 | H1 |    | 在编在岗 | 2020-01-01 |            | 50
        p1 | H2 |    | 在编在岗 | 2020-01-01 |            | 50
        p2 | H1 |    | 在编在岗 | 2020-01-01 | 2025-02-01 | 100
        p2 | T1 | H1 | 派驻     | 2025-02-01 |            | 100
        p3 | H1 |    | 在编在岗 | 2025-03-01 |            | 100
        n1 | T1 |    | 在编在岗 | 2020-01-01 |            | 100
        n2 | H1 |    | 在编在岗 | 2020-01-01 |            | 100
        d1 | H1 |    | 在编在岗 | 2020-01-01 |            | 100
        v1 | V1 |    | 在编在岗 | 2020-01-01 |            | 100
        v2 | V2 |    | 在编在岗 | 2020-01-01 |            | 100
        g1 | T1 |    | 在编在岗 | 2020-01-01 |            | 70
        g1 | H1 |    | 公共卫生专员 | 2020-01-01 |        | 30
    """
    facts = {"staff": STAFF, "posting": postings, "population": PEOPLE}
    for indicator, expected in (
        ("dh_physicians_per_1000", "3 / 20000 = 0.15"),
        ("dh_tcm_physicians_per_1000", "1 / 20000 = 0.05"),
        ("dh_nurses_per_1000", "2 / 20000 = 0.10"),
        ("dh_pharmacists_per_1000", "1 / 20000 = 0.05"),
        ("dh_gps_per_10000", "1 / 20000 = 0.50"),
        ("m20_11", "1 / 20000 = 0.50"),
        ("dh_public_health_staff_per_1000", "1 / 20000 = 0.05"),
        ("dh_nurse_per_physician", "2 / 3 = 0.67"),
        ("dh_staff_per_bed", "8 / 190 = 0.04"),
        ("dh_village_doctor_licensed_share", "1 / 2 = 50.00"),
    ):
        spec(indicator, **facts, expect={"county 2025-02": expected})
    spec(
        "dh_nurse_per_physician",
        **facts,
        expect={"institution T1 2025-02": "1 / 1 = 1.00", "institution T1 2025-01": "不适用：分母为 0"},
    )


def test_population_is_the_latest_count_on_or_before_the_end_and_a_community_is_the_sum_of_its_townships(spec):
    spec(
        "dh_contract_coverage",
        population=PEOPLE,
        contract="""
            居民编号 | 签约机构 | 开始日期 | 结束日期
            甲 | T1 | 2025-01-10 | 2025-02-28
            乙 | V1 | 2024-01-10 |
            丙 | T2 | 2025-02-10 |
        """,
        expect={
            "county 2024-11": "未知：缺常住人口（期末或之前的统计）",
            "county 2025-01": "2 / 20000 = 0.01",
            "county 2025-02": "2 / 20000 = 0.01",
            "community G1 2025-02": "1 / 4000 = 0.03",
            "community G2 2025-01": "未知：缺常住人口（期末或之前的统计）",
            "community G2 2025-02": "1 / 2000 = 0.05",
        },
    )
    spec(
        "dh_elderly_managed_share",
        population=PEOPLE,
        **MANAGED,
        expect={
            "county 2025-01": "1 / 5000 = 0.02",
            "township 330226104 2025-02": "未知：缺65岁及以上常住人口（期末或之前的统计）",
        },
    )


def test_managed_people_and_their_growth(spec):
    spec("cq_managed", **MANAGED, expect={"county 2025-01": "4", "county 2025Q1": "5"})
    spec(
        "cq_managed_rising",
        **MANAGED,
        expect={"county 2025Q1": "5 / 4 = 25.00", "county 2024Q1": "未知：上年同期无数据"},
    )


def test_accounts_of_an_institution_without_any_are_unknown(spec):
    facts = """
        机构 | 月份 | 科目 | 金额
        H1 | 2025-01-01 | 医疗收入 | 1000
        H1 | 2025-01-01 | 医疗服务收入 | 330
        H1 | 2025-01-01 | 财政补助收入 | 200
        H1 | 2025-01-01 | 其他支出 | 1500
        H1 | 2025-01-01 | 资产 | 9000
        H1 | 2025-01-01 | 负债 | 3000
        G1 | 2025-01-01 | 医保总额预算 | 77
    """
    spec("m20_17", ledger=facts, expect={"county 2025-01": "330 / 1000 = 33.00"})
    spec("m20_20", ledger=facts, expect={"institution H1 2025-01": "-300 / 1200 = -25.00"})
    spec("m20_20_debt", ledger=facts, expect={"county 2025-01": "3000 / 9000 = 33.33"})
    spec("m20_21", ledger=facts, expect={"county 2025-01": "200 / 1200 = 16.67"})
    spec(
        "m20_20",
        ledger=facts,
        expect={"institution T1 2025-01": "未知：未报送：医疗卫生机构总收入；未报送：医疗卫生机构总支出"},
    )


def test_what_no_table_holds_is_unknown_and_never_zero(spec):
    for indicator, missing in (
        ("m20_08", "手术分级目录"), ("m20_26", "满意度调查"), ("cq_awareness", "知晓率调查"), ("cq_appointments", "预约登记"),
    ):  # fmt: skip
        spec(indicator, expect={"county 2025": f"未知：未报送：{missing}"})
