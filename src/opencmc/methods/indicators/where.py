"""At which institutions something is counted: conditions by name, carried out in
:mod:`opencmc.methods.indicators.places`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on the institution. With ``primary`` the tiers of the definition's parameter ``primary_tiers`` count
    (beside ``tiers``), so that what is 基层 is the pack's to say. ``parameters`` are those that a definition must give."""

    label: str
    tiers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    not_kinds: tuple[str, ...] = ()
    role: str = ""
    paid: bool = False
    inside: bool = True
    primary: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        pharmacies = ("excludes_pharmacies",) if "pharmacy" in self.not_kinds else ()
        return (*pharmacies, *(("primary_tiers",) if self.primary else ()))


#: Kinds that make up 公立医院: the vocabulary of the institution table, not a rule.
_PUBLIC = ("general_hospital", "tcm_hospital", "mch_hospital", "specialty_hospital")
WHERE: dict[str, Where] = {
    "anywhere": Where("县内外所有机构", inside=False),
    "anywhere_no_pharmacy": Where("县内外所有机构（药店除外）", inside=False, not_kinds=("pharmacy",)),
    "county": Where("县域内医疗卫生机构"),
    "county_no_pharmacy": Where("县域内医疗卫生机构（药店除外）", not_kinds=("pharmacy",)),
    "primary": Where("县域内基层医疗卫生机构", primary=True),
    "primary_no_pharmacy": Where("县域内基层医疗卫生机构（药店除外）", primary=True, not_kinds=("pharmacy",)),
    "primary_paid": Where("当月有薪酬账目的基层医疗卫生机构", primary=True, paid=True),
    "lead": Where("综合医共体牵头医院", role="lead"),
    "lead_paid": Where("当月有薪酬账目的综合医共体牵头医院", role="lead", paid=True),
    "village": Where("县域内村级机构", tiers=("village",)),
    "village_clinic": Where("县域内村卫生室", kinds=("village_clinic",)),
    "public_hospital": Where("县域内公立医院", tiers=("county",), kinds=_PUBLIC),
    "public_or_primary": Where(
        "县办公立医院及基层医疗卫生机构", tiers=("county",), primary=True, not_kinds=("private_hospital",)
    ),
    "tcm_hospital": Where("县域内公立中医医院", kinds=("tcm_hospital",)),
    "private_hospital": Where("县域内非公立医院", kinds=("private_hospital",)),
    "assessed": Where("受评判的单位"),
}
