"""What is counted: every numerator and denominator by name, as a small definition over one logical table.

A measure says which rows of which table are meant (``rows``), what is added up (``what``: a column, or the rows
themselves), at which institutions (``where``) and for whom (``whose``). The labels are what an indicator's card shows as
分子 and 分母. Row conditions are Ibis expressions on the part of the language on which engines agree; conditions on the
institution are not part of them, because they are applied after the sums are made, on the small result.

Whose patients: ``anybody`` counts what the county's institutions did for anybody and places a row where the
*institution* is; ``county`` counts the county's insured, wherever they were treated, and places a row where the
*resident* lives. Rows without 参保地 cannot be placed by the second kind and are counted beside the figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir

from opencmc.methods.indicators.where import WHERE

#: Raise when a definition below or a grain changes: cached sums and run identifiers follow it.
VERSION = "2026.5"

RowCondition = Callable[[ir.Table], ir.BooleanValue]
Amount = Callable[[ir.Table], ir.IntegerColumn]


@dataclass(frozen=True, slots=True)
class Flow:
    """What happened in a period: additive over months and places.

    ``what`` is ``"rows"``, the name of a whole-number column, or a function that gives one. ``reported`` marks amounts
    that an institution books itself: a unit without a single row in the period is then unknown, not zero. ``at_end``
    takes the period's last month alone (a balance, not a turnover).
    """

    name: str
    label: str
    grain: str
    rows: RowCondition
    what: str | Amount = "rows"
    where: str = "county"
    whose: str = "anybody"
    unit: str = "人次"
    reported: bool = False
    at_end: bool = False

    @property
    def amount(self) -> str:
        return self.what if isinstance(self.what, str) else self.what.__name__

    @property
    def column(self) -> str:
        """The name of the measure's column in the partial sums; measures that differ only in place share it."""
        return f"{self.rows.__name__}.{self.amount}"


@dataclass(frozen=True, slots=True)
class Stock:
    """What a register holds on the last day of the period.

    ``register`` names the reader in :mod:`opencmc.methods.indicators.registers`, ``only`` restricts its rows by the
    register's own flags. ``every_month`` adds up the month ends of the period instead (staff-months, bed-days).
    """

    name: str
    label: str
    register: str
    only: tuple[str, ...] = ()
    where: str = "county"
    unit: str = "人"
    every_month: bool = False
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Persons:
    """Distinct persons in a period (人数): not additive, counted per unit and period."""

    name: str
    label: str
    grain: str
    where: str = "county"
    whose: str = "county"
    unit: str = "人"


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of other measures."""

    name: str
    label: str
    parts: tuple[str, ...]
    minus: tuple[str, ...] = ()
    unit: str = "人次"


Measure = Flow | Stock | Persons | Total


# Row conditions. The docstring is what a card says about the rows.


def care(t: ir.Table) -> ir.BooleanValue:
    """诊疗人次：门诊、急诊、出诊；购药不计。"""
    return t.kind != "pharmacy"


def tcm_care(t: ir.Table) -> ir.BooleanValue:
    """中医类诊疗人次；购药不计。"""
    return (t.kind != "pharmacy") & t.is_tcm


def outpatient(t: ir.Table) -> ir.BooleanValue:
    """门急诊人次：门诊、急诊；出诊与购药不计。"""
    return t.kind.isin(["outpatient", "emergency"])


def tcm_outpatient(t: ir.Table) -> ir.BooleanValue:
    """中医类门急诊人次。"""
    return t.kind.isin(["outpatient", "emergency"]) & t.is_tcm


def home_visit(t: ir.Table) -> ir.BooleanValue:
    """出诊（上门）人次。"""
    return t.kind == "home"


def discharge(t: ir.Table) -> ir.BooleanValue:
    """出院人次，按出院日期计入。"""
    return t.stay_id.notnull()


def discharge_of_known(t: ir.Table) -> ir.BooleanValue:
    """有居民编号的出院人次，按出院日期计入（没有编号的数不出人数，费用也不计）。"""
    return t.resident_id.notnull()


def discharge_with_own(t: ir.Table) -> ir.BooleanValue:
    """记有个人负担的出院人次，按出院日期计入。"""
    return t.own_fen.notnull()


def stay_with_referral(t: ir.Table) -> ir.BooleanValue:
    """凭转诊单入院的出院人次。"""
    return t.referral_id.notnull()


def up(t: ir.Table) -> ir.BooleanValue:
    """上转；已退回、已撤回的不计。"""
    return (t.direction == "up") & ~t.state.isin(["refused", "withdrawn"])


def down(t: ir.Table) -> ir.BooleanValue:
    """下转；已退回、已撤回的不计。"""
    return (t.direction == "down") & ~t.state.isin(["refused", "withdrawn"])


def remote_report(t: ir.Table) -> ir.BooleanValue:
    """医学影像、心电诊断中心已出的报告，按报告日期计入。"""
    return t.centre.isin(["imaging", "ecg"])


def medical_income(t: ir.Table) -> ir.BooleanValue:
    """医疗收入。"""
    return t.account == "medical_income"


def service_income(t: ir.Table) -> ir.BooleanValue:
    """医疗服务收入（不含药品、耗材、检查、化验）。"""
    return t.account == "service_income"


def income(t: ir.Table) -> ir.BooleanValue:
    """总收入：医疗收入、财政补助收入、其他收入。"""
    return t.account.isin(["medical_income", "subsidy", "other_income"])


def subsidy(t: ir.Table) -> ir.BooleanValue:
    """财政补助收入。"""
    return t.account == "subsidy"


def cost(t: ir.Table) -> ir.BooleanValue:
    """总支出：人员薪酬支出、其他支出。"""
    return t.account.isin(["staff_pay", "other_cost"])


def staff_pay(t: ir.Table) -> ir.BooleanValue:
    """人员薪酬支出。"""
    return t.account == "staff_pay"


def assets(t: ir.Table) -> ir.BooleanValue:
    """资产（月末）。"""
    return t.account == "assets"


def liabilities(t: ir.Table) -> ir.BooleanValue:
    """负债（月末）。"""
    return t.account == "liabilities"


def bed_days(t: ir.Table) -> ir.IntegerColumn:
    """出院者占用床日：出院日减入院日，当日出院计 1。"""
    days = t.discharged.delta(t.admitted, unit="day").cast("int64")
    return (days < 1).ifelse(1, days)


_ALL: tuple[Measure, ...] = (
    # 诊疗
    Flow("visits_county", "县域内医疗卫生机构诊疗人次", "visit", care),
    Flow("visits_primary", "县域内基层医疗卫生机构诊疗人次", "visit", care, where="primary"),
    Flow("tcm_visits_county", "县域内医疗卫生机构中医类诊疗人次", "visit", tcm_care),
    Flow("outpatient_county", "县域内医疗卫生机构门急诊人次", "visit", outpatient),
    Flow("outpatient_primary", "县域内基层医疗卫生机构门急诊人次", "visit", outpatient, where="primary"),
    Flow("tcm_outpatient_primary", "县域内基层医疗卫生机构中医类门急诊人次", "visit", tcm_outpatient, where="primary"),
    Flow("home_visits_primary", "基层医疗卫生机构上门出诊人次", "visit", home_visit, where="primary"),
    Flow("visits_insured", "参保人诊疗人次（含县外）", "visit", care, where="anywhere", whose="county"),
    Flow("visits_insured_in_county", "参保人在县域内的诊疗人次", "visit", care, whose="county"),
    Flow("visits_insured_primary", "参保人在县域内基层医疗卫生机构的诊疗人次", "visit", care,
         where="primary", whose="county"),
    Flow("visit_fund_insured", "参保人门急诊基金支出（含县外，不含药店）", "visit", care, "fund_fen",
         where="anywhere_no_pharmacy", whose="county", unit="分"),
    Flow("visit_fund_in_county", "参保人在县域内的门急诊基金支出（不含药店）", "visit", care, "fund_fen",
         where="county_no_pharmacy", whose="county", unit="分"),
    Flow("visit_fund_primary", "参保人在基层的门急诊基金支出（不含药店）", "visit", care, "fund_fen",
         where="primary_no_pharmacy", whose="county", unit="分"),
    Flow("visit_cost_insured", "参保人门急诊总费用（含县外，不含购药）", "visit", care, "total_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("visit_own_insured", "参保人门急诊个人负担（含县外，不含购药）", "visit", care, "own_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("contracted_visits", "签约居民在县域内的诊疗人次", "contracted_visit", care),
    Flow("contracted_visits_primary", "签约居民在基层医疗卫生机构的诊疗人次", "contracted_visit", care, where="primary"),
    # 住院
    Flow("discharges_county", "县域内医疗卫生机构出院人次", "stay", discharge),
    Flow("discharges_lead", "牵头医院出院人次", "stay", discharge, where="lead"),
    Flow("discharges_lead_referred", "牵头医院凭转诊单入院的出院人次", "stay", stay_with_referral, where="lead"),
    Flow("bed_days_primary", "基层医疗卫生机构出院者占用床日", "stay", discharge, bed_days, where="primary", unit="床日"),
    Flow("stays_insured", "参保人住院人次（含县外）", "stay", discharge, where="anywhere", whose="county"),
    Flow("stays_insured_in_county", "参保人在县域内的住院人次", "stay", discharge, whose="county"),
    Flow("stay_cost_in_county", "参保人在县域内的住院总费用", "stay", discharge_of_known, "total_fen",
         whose="county", unit="分"),
    Flow("stay_cost_with_own", "记有个人负担的参保人住院总费用（含县外）", "stay", discharge_with_own, "total_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("stay_cost_insured", "参保人住院总费用（含县外）", "stay", discharge, "total_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("stay_own_insured", "参保人住院个人负担（含县外）", "stay", discharge, "own_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("stay_fund_insured", "参保人住院基金支出（含县外）", "stay", discharge, "fund_fen",
         where="anywhere", whose="county", unit="分"),
    Flow("stay_fund_in_county", "参保人在县域内的住院基金支出", "stay", discharge, "fund_fen", whose="county", unit="分"),
    Flow("stay_fund_primary", "参保人在基层的住院基金支出", "stay", discharge, "fund_fen",
         where="primary", whose="county", unit="分"),
    Persons("inpatients_in_county", "参保人在县域内的住院人数（同一人只计一次）", "inpatient"),
    # 两表之和
    Total("care_insured", "参保人诊疗与住院人次（含县外）", ("visits_insured", "stays_insured")),
    Total("care_insured_in_county", "参保人在县域内的诊疗与住院人次", ("visits_insured_in_county", "stays_insured_in_county")),
    Total("fund_insured", "参保人医保基金支出（含县外，不含药店）", ("visit_fund_insured", "stay_fund_insured"), unit="分"),
    Total("fund_in_county", "参保人在县域内的医保基金支出（不含药店）", ("visit_fund_in_county", "stay_fund_in_county"), unit="分"),
    Total("fund_primary", "参保人在基层的医保基金支出（不含药店）", ("visit_fund_primary", "stay_fund_primary"), unit="分"),
    Total("cost_insured", "参保人医疗总费用（含县外，记有个人负担的）", ("visit_cost_insured", "stay_cost_with_own"), unit="分"),
    Total("own_insured", "参保人个人负担（含县外）", ("visit_own_insured", "stay_own_insured"), unit="分"),
    # 转诊与共享中心
    Flow("up_referrals", "上转人次（按转出机构）", "referral", up),
    Flow("down_referrals", "下转人次（按转出机构）", "referral", down),
    Flow("down_referrals_lead", "牵头医院下转人次", "referral", down, where="lead"),
    Flow("remote_reports_primary", "影像、心电中心为基层医疗卫生机构出具的报告", "order", remote_report,
         where="primary", unit="份"),
    # 账目
    Flow("service_income_lead", "牵头医院医疗服务收入", "ledger", service_income, "amount_fen", where="lead",
         unit="分", reported=True),
    Flow("medical_income_lead", "牵头医院医疗收入", "ledger", medical_income, "amount_fen", where="lead",
         unit="分", reported=True),
    Flow("service_income_primary", "基层医疗卫生机构医疗服务收入", "ledger", service_income, "amount_fen", where="primary",
         unit="分", reported=True),
    Flow("medical_income_primary", "基层医疗卫生机构医疗收入", "ledger", medical_income, "amount_fen", where="primary",
         unit="分", reported=True),
    Flow("income_county", "医疗卫生机构总收入", "ledger", income, "amount_fen", unit="分", reported=True),
    Flow("cost_county", "医疗卫生机构总支出", "ledger", cost, "amount_fen", unit="分", reported=True),
    Flow("subsidy_county", "医疗卫生机构财政补助收入", "ledger", subsidy, "amount_fen", unit="分", reported=True),
    Total("balance_county", "医疗卫生机构收支结余", ("income_county",), minus=("cost_county",), unit="分"),
    Flow("staff_pay_primary", "基层医疗卫生机构人员薪酬", "ledger", staff_pay, "amount_fen", where="primary_paid",
         unit="分", reported=True),
    Flow("staff_pay_lead", "牵头医院人员薪酬", "ledger", staff_pay, "amount_fen", where="lead_paid", unit="分", reported=True),
    Flow("liabilities_county", "医疗卫生机构负债（期末）", "ledger", liabilities, "amount_fen", unit="分",
         reported=True, at_end=True),
    Flow("assets_county", "医疗卫生机构资产（期末）", "ledger", assets, "amount_fen", unit="分", reported=True, at_end=True),
    # 床位
    Stock("beds", "医疗卫生机构开放床位", "beds", unit="张"),
    Stock("beds_public", "公立医院开放床位", "beds", where="public_hospital", unit="张"),
    Stock("beds_public_and_primary", "县办公立医院及基层医疗卫生机构开放床位", "beds", where="public_or_primary", unit="张"),
    Stock("beds_tcm", "公立中医医院开放床位", "beds", where="tcm_hospital", unit="张"),
    Stock("beds_private", "非公立医院开放床位", "beds", where="private_hospital", unit="张"),
    Stock("open_bed_days_primary", "基层医疗卫生机构开放床日", "bed_days", where="primary", unit="床日", every_month=True),
    # 人员
    Stock("physicians", "执业（助理）医师", "staff", ("physician",)),
    Stock("tcm_physicians", "中医类别执业（助理）医师", "staff", ("physician", "tcm")),
    Stock("nurses", "注册护士", "staff", ("nurse",)),
    Stock("pharmacists", "药师（士）", "staff", ("pharmacist",)),
    Stock("general_practitioners", "全科医生", "staff", ("general_practitioner",)),
    Stock("public_health_staff", "公共卫生人员", "staff", ("public_health",)),
    Stock("health_staff", "卫生人员", "staff"),
    Stock("village_physicians", "村卫生室执业（助理）医师", "staff", ("physician",), where="village"),
    Stock("village_doctors", "村卫生室执业（助理）医师与乡村医生", "staff", ("village_practitioner",), where="village"),
    Stock("physician_months_primary", "基层医师人月（各月末在岗人数之和）", "staff", ("practitioner",),
          where="primary", unit="人月", every_month=True),
    Stock("staff_months_primary", "基层医疗卫生机构在岗人月（有薪酬账目的机构）", "payroll", where="primary_paid",
          unit="人月", every_month=True),
    Stock("staff_months_lead", "牵头医院在岗人月（有薪酬账目的机构）", "payroll", where="lead_paid", unit="人月", every_month=True),
    Stock("stationed_physicians", "二级及以上医疗卫生机构中级及以上医师派驻基层满规定天数的人数", "stationed",
          where="primary", parameters=("min_days", "senders", "titles")),
    Stock("stationed_days", "二级及以上医疗卫生机构人员派驻基层的人日", "stationed_days", where="primary", unit="人日",
          every_month=True, parameters=("senders",)),
    # 签约、管理、设备
    Stock("contracts", "有效签约居民", "contract"),
    Stock("managed_elderly", "健康管理的65岁及以上老年人", "elderly"),
    Stock("managed_residents", "纳入健康管理的重点人群（按项目计）", "managed", unit="人次"),
    Stock("managed_chronic", "健康管理的慢性病患者（同一人只计一次）", "chronic", parameters=("programmes",)),
    Stock("managed_chronic_admitted", "其中：期内住院至少一次的人数", "chronic_admitted", parameters=("counts", "programmes")),
    Stock("norm_due", "慢性病管理人次（期内至少满一个季度）", "norm_due", unit="人次", parameters=("programmes",)),
    Stock("norm_met", "其中：应随访的每个季度都有随访", "norm_met", unit="人次", parameters=("programmes",)),
    Stock("norm_met_primary", "其中：在基层、应随访的每个季度都有随访", "norm_met", where="primary", unit="人次",
          parameters=("programmes",)),
    Stock("village_clinics", "村卫生室", "clinics", where="village_clinic", unit="家"),
    Stock("village_clinics_with_ecg", "有可上传心电设备的村卫生室", "clinics_with_ecg", where="village_clinic", unit="家"),
    # 人口
    Stock("population", "常住人口", "population"),
    Stock("population_65", "65岁及以上常住人口", "population_65"),
    Stock("population_of_ages", "规定年龄段的常住人口", "population_of_ages", parameters=("ages",)),
    Stock("premature_deaths", "规定年龄段因四类慢性病死亡人数", "premature_deaths", parameters=("ages", "causes")),
    # 定性评判
    Stock("items_met", "已落实的项目数", "items_met", where="assessed", unit="项", parameters=("items",)),
    Stock("votes_shared", "成员单位代表参与的理事会决策", "votes_shared", where="assessed", unit="次",
          every_month=True, parameters=("item",)),
    Stock("votes", "理事会决策", "votes", where="assessed", unit="次", every_month=True, parameters=("item",)),
    Stock("items_due", "应落实的项目数", "items_due", where="assessed", unit="项", parameters=("items",)),
)  # fmt: skip

#: Every measure by name.
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}


def flows(grain: str) -> list[Flow]:
    """The flows of one grain, in order of declaration."""
    return [measure for measure in _ALL if isinstance(measure, Flow) and measure.grain == grain]


def parameters_of(name: str) -> tuple[str, ...]:
    """The parameters that a measure needs from a definition, sorted."""
    measure = MEASURES[name]
    if isinstance(measure, Total):
        return tuple(sorted({each for part in (*measure.parts, *measure.minus) for each in parameters_of(part)}))
    own = measure.parameters if isinstance(measure, Stock) else ()
    return tuple(sorted({*own, *WHERE[measure.where].parameters}))
