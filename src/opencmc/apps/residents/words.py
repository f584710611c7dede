"""Codes of the residents slice with their labels."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

#: GB/T 2261.1.
SEXES = {"1": _("男"), "2": _("女"), "0": _("未知"), "9": _("未说明")}
INSURANCE = {"310": _("职工医保"), "390": _("城乡居民医保"), "other": _("其他"), "none": _("未参保")}
ID_TYPES = {
    "citizen_id": _("居民身份证"), "permit": _("港澳台居民居住证"), "foreign": _("外国人永久居留证"),
    "other": _("其他证件"), "none": _("没有证件"),
}  # fmt: skip
RELATION_KINDS = {
    "responsible": _("责任机构"), "contract": _("家庭医生签约"), "visit": _("门急诊"), "stay": _("住院"),
    "referral": _("转诊"), "merged": _("并入的登记"),
}  # fmt: skip
CONFLICT_STATES = {"": "", "open": _("待核对"), "accepted": _("核对后保留")}
SOURCES = {"lake": _("业务系统装入"), "entered": _("录入"), "import": _("文件导入")}
PROGRAMMES = {
    "hypertension": _("高血压"), "diabetes": _("2型糖尿病"), "elderly": _("65岁及以上老年人"),
    "severe_mental_disorder": _("严重精神障碍"), "tuberculosis": _("肺结核"), "child": _("0–6岁儿童"),
    "maternal": _("孕产妇"),
}  # fmt: skip
FIELDS = {
    "name": _("姓名"), "sex": _("性别"), "birth_date": _("出生日期"), "birth_is_estimated": _("出生日期为估计"),
    "death_date": _("死亡日期"), "township": _("乡镇"), "village": _("村"), "address": _("住址"),
    "institution_id": _("责任机构"), "team": _("责任团队"), "insurance_type": _("险种"), "insured_region": _("参保地"),
    "id_type": _("证件类型"), "id_number": _("证件号码"), "no_id_reason": _("没有证件的缘由"), "phone": _("电话"),
    "card": _("健康卡号"), "mother_id": _("母亲证件号码"), "resident_id": _("居民编号"),
}  # fmt: skip
