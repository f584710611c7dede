"""提效能：住院与费用。"""

STAYS = """
    机构编号 | 居民编号 | 入院日期 | 出院日期 | 参保地 | 总费用
    H1 | 甲 | 2025-01-01 | 2025-01-05 | 330226 | 100000
    H1 | 甲 | 2025-02-01 | 2025-02-03 | 330226 | 200000
    T1 | 乙 | 2025-01-03 | 2025-01-09 | 330226 | 60000
    O1 | 丙 | 2025-01-04 | 2025-01-20 | 330226 | 900000
    H1 | 丙 | 2025-01-04 | 2025-01-10 | 330203 | 500000
"""


def test_stays_inside_the_county(spec):
    for indicator in ("m24_11", "m20_01"):
        spec(
            indicator,
            stay=STAYS,
            expect={
                "county 2025-01": "2 / 3 = 66.67",
                "county 2025Q1": "3 / 4 = 75.00",
                "township 330226104 2025-01": "0 / 1 = 0.00",
            },
        )


def test_cost_per_person_counts_a_person_once_in_each_period(spec):
    spec(
        "m24_10",
        stay=STAYS,
        expect={
            "county 2025-01": "160000 / 2 = 800.00",
            "county 2025-02": "200000 / 1 = 2000.00",
            "county 2025Q1": "360000 / 2 = 1800.00",
            "county 2025-01..2025-02": "360000 / 2 = 1800.00",
            "institution H1 2025Q1": "300000 / 1 = 3000.00",
            "tier township 2025-01": "60000 / 1 = 600.00",
        },
    )


def test_growth_of_cost_per_person_is_against_the_same_period_a_year_before(spec):
    spec(
        "m24_10_growth",
        stay="""
            机构编号 | 居民编号 | 入院日期 | 出院日期 | 总费用
            H1 | 甲 | 2024-01-01 | 2024-01-05 | 80000
            H1 | 甲 | 2024-02-01 | 2024-02-05 | 80000
            H1 | 乙 | 2025-01-01 | 2025-01-05 | 90000
            H1 | 乙 | 2025-02-01 | 2025-02-05 | 70000
        """,
        expect={
            "county 2025-01": "90000 / 80000 = 12.50",
            "county 2025-02": "70000 / 80000 = -12.50",
            "county 2024-01": "未知：上年同期无数据",
            "county 2025-03": "未知：分母为 0；上年同期：住院：该月无数据",
        },
    )


def test_tcm_share_of_visits(spec):
    spec(
        "m24_12",
        visit="""
            机构编号 | 就诊日期 | 中医类诊疗
            H1 | 2025-01-05 | 是
            H1 | 2025-01-05 | 否
            T1 | 2025-01-06 | 是
            T1 | 2025-01-06 | 否
            T1 | 2025-01-07 | 否
        """,
        expect={
            "county 2025-01": "2 / 5 = 40.00",
            "institution T1 2025-01": "1 / 3 = 33.33",
            "tier county 2025-01": "1 / 2 = 50.00",
        },
    )


def test_cost_per_stay_and_per_visit_of_the_insured(spec):
    spec("m20_24", stay=STAYS, expect={"county 2025-01": "1060000 / 3 = 3533.33"})
    spec(
        "m20_24_visit",
        visit="""
            机构编号 | 就诊日期 | 总费用
            H1 | 2025-01-05 | 10001
            T1 | 2025-01-06 | 5000
        """,
        expect={"county 2025-01": "15001 / 2 = 75.01"},
    )


def test_bed_use_of_primary_institutions_is_bed_days_of_the_discharged_over_open_bed_days(spec):
    spec(
        "m20_15",
        stay="""
            机构编号 | 居民编号 | 入院日期 | 出院日期
            T1 | 甲 | 2025-01-01 | 2025-01-11
            T1 | 乙 | 2025-01-05 | 2025-01-05
            H1 | 丙 | 2025-01-05 | 2025-01-25
        """,
        expect={"institution T1 2025-01": "11 / 620 = 1.77", "county 2025-01": "11 / 930 = 1.18"},
    )


def test_a_missing_amount_is_counted_beside_the_figure(spec):
    spec(
        "m24_09",
        visit="""
            机构编号 | 就诊日期 | 基金支付
            T1 | 2025-01-05 | 100
        """,
        stay="""
            机构编号 | 入院日期 | 出院日期 | 总费用 | 基金支付
            H1 | 2025-01-01 | 2025-01-05 | 900 |
            H1 | 2025-01-01 | 2025-01-06 | 900 | 300
        """,
        expect={"county 2025-01": "100 / 400 = 25.00（未归位 1）"},
    )


def test_own_share_leaves_out_stays_whose_own_payment_is_not_recorded(spec):
    spec(
        "m20_25",
        visit="""
            机构编号 | 就诊日期 | 总费用 | 个人负担
            T1 | 2025-01-05 | 100 | 40
        """,
        stay="""
            机构编号 | 入院日期 | 出院日期 | 总费用 | 个人负担
            H1 | 2025-01-01 | 2025-01-05 | 900 |
            H1 | 2025-01-01 | 2025-01-06 | 300 | 60
        """,
        expect={"county 2025-01": "100 / 400 = 25.00（未归位 1）"},
    )


def test_a_stay_of_nobody_known_counts_neither_as_a_person_nor_as_cost(spec):
    spec(
        "m24_10",
        stay="""
            机构编号 | 居民编号 | 入院日期 | 出院日期 | 总费用
            H1 | 甲 | 2025-01-01 | 2025-01-05 | 100000
            H1 |    | 2025-01-01 | 2025-01-05 | 700000
        """,
        expect={"county 2025-01": "100000 / 1 = 1000.00（未归位 1）"},
    )


def test_down_and_up_referral_shares_of_the_lead_hospital(spec):
    spec(
        "m20_06",
        stay=STAYS,
        referral="""
            方向 | 转出机构 | 转入机构 | 发出日期
            下转 | H1 | T1 | 2025-01-20
            下转 | T1 | V1 | 2025-01-21
        """,
        expect={"county 2025-01": "1 / 2 = 50.00", "community G1 2025-01": "1 / 2 = 50.00"},
    )
    spec(
        "m20_07",
        stay="""
            机构编号 | 入院日期 | 出院日期 | 转诊单编号
            H1 | 2025-01-01 | 2025-01-05 | R1
            H1 | 2025-01-01 | 2025-01-05 |
            T1 | 2025-01-01 | 2025-01-05 | R2
        """,
        expect={"county 2025-01": "1 / 2 = 50.00"},
    )


def test_visits_and_discharges_of_each_institution(spec):
    spec(
        "cq_outpatient_visits",
        visit="""
            机构编号 | 就诊日期 | 类别
            H1 | 2025-01-05 | 门诊
            H1 | 2025-01-06 | 急诊
            T1 | 2025-01-06 | 出诊
        """,
        expect={"institution H1 2025-01": "2", "tier county 2025-01": "2", "county 2025-01": "2"},
    )
    spec(
        "cq_discharges",
        stay=STAYS,
        expect={"institution H1 2025-01": "2", "institution V1 2025-01": "0", "county 2025Q1": "4"},
    )


def test_home_visits_and_the_contracted_residents_share_of_visits(spec):
    spec(
        "cq_home_visits",
        visit="""
            机构编号 | 就诊日期 | 类别
            V1 | 2025-01-06 | 出诊
            T1 | 2025-01-06 | 门诊
        """,
        expect={"county 2025-01": "1", "institution V1 2025-01": "1"},
    )
    spec(
        "cq_contracted_visit_share",
        contract="""
            居民编号 | 签约机构 | 开始日期 | 结束日期
            甲 | T1 | 2025-01-10 | 2026-01-10
            甲 | T1 | 2025-01-10 | 2025-06-01
        """,
        visit="""
            机构编号 | 居民编号 | 就诊日期
            T1 | 甲 | 2025-01-09
            T1 | 甲 | 2025-01-10
            H1 | 甲 | 2025-01-20
            T1 | 乙 | 2025-01-20
        """,
        expect={"county 2025-01": "1 / 2 = 50.00"},
    )
