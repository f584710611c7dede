"""促分工：病人和基金去了哪里。"""


def test_primary_share_counts_outpatient_emergency_and_home_visits_but_no_purchases(spec):
    spec(
        "m24_07",
        visit="""
            机构编号 | 就诊日期   | 类别
            H1 | 2025-01-05 | 门诊
            H2 | 2025-01-06 | 急诊
            T1 | 2025-01-07 | 门诊
            V1 | 2025-01-08 | 出诊
            T2 | 2025-01-09 | 门诊
            D1 | 2025-01-10 | 购药
            O1 | 2025-01-11 | 门诊
        """,
        expect={
            "county 2025-01": "3 / 5 = 60.00",
            "community G1 2025-01": "2 / 3 = 66.67",
            "community G2 2025-01": "1 / 2 = 50.00",
            "township 330226101 2025-01": "2 / 2 = 100.00",
            "township 330226001 2025-01": "0 / 1 = 0.00",
            "township 330226002 2025-01": "0 / 1 = 0.00",
        },
    )


def test_months_make_quarters_years_and_years_to_date(spec):
    spec(
        "m24_07",
        visit="""
            机构编号 | 就诊日期
            T1 | 2025-01-05
            H1 | 2025-02-05
            T1 | 2025-03-05
            H1 | 2025-12-31
        """,
        expect={
            "county 2025-02": "0 / 1 = 0.00",
            "county 2025Q1": "2 / 3 = 66.67",
            "county 2025-01..2025-02": "1 / 2 = 50.00",
            "county 2025": "2 / 4 = 50.00",
            "county 2025-04": "不适用：分母为 0",
        },
    )


def test_a_month_without_any_data_is_unknown_and_not_zero(spec):
    spec(
        "m24_07",
        visit="""
            机构编号 | 就诊日期
            T1 | 2025-01-05
            H1 | 2025-03-05
        """,
        empty_months=True,
        expect={
            "county 2025-01": "1 / 1 = 100.00",
            "county 2025-02": "未知：诊疗人次：该月无数据",
            "county 2025Q1": "未知：诊疗人次：2025-02无数据",
        },
    )


def test_rows_of_an_unknown_institution_are_counted_beside_the_figure(spec):
    spec(
        "m24_07",
        visit="""
            机构编号 | 就诊日期
            T1 | 2025-01-05
            H1 | 2025-01-06
            X9 | 2025-01-07
        """,
        expect={"county 2025-01": "1 / 2 = 50.00（未归位 1）", "community G1 2025-01": "1 / 2 = 50.00（未归位 1）"},
    )


def test_when_only_unplaced_rows_exist_the_share_is_unknown(spec):
    spec(
        "m24_07",
        visit="""
            机构编号 | 就诊日期
            X9 | 2025-01-07
        """,
        expect={"county 2025-01": "未知：分母为 0，且有记录未能归位（未归位 1）"},
    )


def test_an_institution_counts_with_the_community_it_belongs_to_in_that_month(spec):
    spec(
        "m24_07",
        membership="""
            共同体编号 | 共同体名称 | 共同体类别 | 机构编号 | 角色 | 开始日期 | 结束日期
            G1 | 第一 | 综合医共体 | H1 | 牵头 | 2018-01-01 |
            G1 | 第一 | 综合医共体 | T2 | 成员 | 2018-01-01 | 2025-02-01
            G2 | 第二 | 综合医共体 | H2 | 牵头 | 2018-01-01 |
            G2 | 第二 | 综合医共体 | T2 | 成员 | 2025-02-01 |
            S1 | 中医 | 专科医共体 | T2 | 医联 | 2018-01-01 |
        """,
        visit="""
            机构编号 | 就诊日期
            H1 | 2025-01-05
            V2 | 2025-01-05
            H2 | 2025-02-05
            V2 | 2025-02-05
        """,
        expect={
            "community G1 2025-01": "1 / 2 = 50.00",
            "community G2 2025-01": "不适用：分母为 0",
            "community G2 2025-02": "1 / 2 = 50.00",
            "community G1 2025Q1": "1 / 2 = 50.00",
        },
    )


def test_the_2020_primary_share_leaves_out_home_visits(spec):
    facts = """
        机构编号 | 就诊日期 | 类别
        H1 | 2025-01-05 | 门诊
        T1 | 2025-01-07 | 门诊
        V1 | 2025-01-08 | 出诊
    """
    spec("m20_03", visit=facts, expect={"county 2025-01": "1 / 2 = 50.00"})
    spec("m24_07", visit=facts, expect={"county 2025-01": "2 / 3 = 66.67"})


FUND = {
    "visit": """
        机构编号 | 居民编号 | 就诊日期 | 类别 | 参保地 | 基金支付 | 总费用
        H1 | 甲 | 2025-01-05 | 门诊 | 330226 | 100 | 200
        T1 | 乙 | 2025-01-06 | 门诊 | 330226 | 50  | 80
        T2 | 丙 | 2025-01-06 | 门诊 | 330226 | 30  | 40
        D1 | 甲 | 2025-01-07 | 购药 | 330226 | 999 | 999
        O1 | 丙 | 2025-01-08 | 门诊 | 330226 | 20  | 50
        H1 | 甲 | 2025-01-09 | 门诊 | 330203 | 77  | 77
        H1 | 甲 | 2025-01-10 | 门诊 |        | 5   | 5
    """,
    "stay": """
        机构编号 | 居民编号 | 入院日期 | 出院日期 | 参保地 | 基金支付 | 总费用
        H1 | 甲 | 2025-01-01 | 2025-01-05 | 330226 | 500 | 900
        O1 | 丙 | 2025-01-01 | 2025-01-06 | 330226 | 300 | 900
    """,
}


def test_fund_spent_inside_follows_the_insured_wherever_they_went_without_pharmacies(spec):
    for indicator in ("m24_08", "m20_22"):
        spec(
            indicator,
            **FUND,
            expect={
                "county 2025-01": "680 / 1000 = 68.00（未归位 1）",
                "township 330226101 2025-01": "650 / 650 = 100.00（未归位 1）",
                "township 330226104 2025-01": "30 / 350 = 8.57（未归位 1）",
                "community G2 2025-01": "30 / 350 = 8.57（未归位 1）",
            },
        )


def test_fund_paid_to_primary_is_measured_against_the_fund_spent_inside(spec):
    for indicator in ("m24_09", "m20_23"):
        spec(indicator, **FUND, expect={"county 2025-01": "80 / 680 = 11.76（未归位 1）"})


def test_care_inside_the_county_counts_visits_and_stays_of_the_insured(spec):
    for indicator in ("m20_02", "nh_in_county_share"):
        spec(indicator, **FUND, expect={"county 2025-01": "4 / 6 = 66.67（未归位 1）"})


def test_primary_share_of_ninghai_follows_the_insured_inside_the_county_by_where_they_live(spec):
    spec(
        "nh_primary_share",
        **FUND,
        expect={
            "county 2025-01": "2 / 3 = 66.67（未归位 1）",
            "township 330226101 2025-01": "1 / 2 = 50.00（未归位 1）",
            "township 330226104 2025-01": "1 / 1 = 100.00（未归位 1）",
        },
    )


def test_residents_without_a_township_are_counted_beside_the_townships_figures(spec):
    spec(
        "m20_02",
        visit="""
            机构编号 | 居民编号 | 就诊日期
            H1 | 甲 | 2025-01-05
            O1 | 丁 | 2025-01-06
        """,
        expect={
            "county 2025-01": "1 / 2 = 50.00",
            "township 330226101 2025-01": "1 / 1 = 100.00（未归位 1）",
        },
    )


def test_referrals_belong_to_the_institution_that_sends_and_the_month_of_sending(spec):
    facts = """
        方向 | 转出机构 | 转入机构 | 发出日期 | 状态
        上转 | T1 | H1 | 2025-01-05 | 已到诊
        上转 | T2 | H2 | 2025-01-05 | 已发出
        上转 | V1 | T1 | 2025-02-05 | 已撤回
        下转 | H1 | T1 | 2025-01-20 | 已接收
    """
    spec("fx_up_referrals", referral=facts, expect={"county 2025-01": "2", "institution T1 2025-01": "1"})
    spec("fx_down_referrals", referral=facts, expect={"county 2025-01": "1", "institution H1 2025-01": "1"})
    spec(
        "fx_down_up_ratio",
        referral=facts,
        expect={
            "county 2025-01": "1 / 2 = 0.50",
            "county 2025-02": "不适用：分母为 0",
            "county 2025Q1": "1 / 2 = 0.50",
        },
    )


def test_without_any_referral_form_the_count_is_unknown(spec):
    spec("fx_up_referrals", expect={"county 2025-01": "未知：未报送：转诊"})
