"""A small network for tests: two general communities, a specialty one, a branch and village clinics."""

from __future__ import annotations

from datetime import date

from opencmc.apps.network.rows import AttachmentRow, InstitutionRow, MembershipRow, Rows

BEGAN = date(2018, 1, 1)


def small_network() -> Rows:
    """H1 leads G1 (T1 with its branch T2, clinics V1 and V2 with roles of their own), H2 leads G2 (T3 with clinic V3 that
    has none), H3 leads S1 over T1 and T3. T4 stands alone."""
    institutions = [
        InstitutionRow("H1", "县第一医院", "一院", "county", "general_hospital", "330226", "330226001", "", 400, date(2000, 1, 1)),
        InstitutionRow("H2", "县第二医院", "二院", "county", "general_hospital", "330226", "330226002", "", 200, date(2000, 1, 1)),
        InstitutionRow("H3", "县中医医院", "中医院", "county", "tcm_hospital", "330226", "330226001", "", 150, date(2000, 1, 1)),
        InstitutionRow("T1", "长街中心卫生院", "长街", "township", "township_health_centre", "330226", "330226101", "", 40),
        InstitutionRow("T2", "茶院卫生院", "茶院", "township", "township_health_centre", "330226", "330226201", "T1", 10),
        InstitutionRow("T3", "一市卫生院", "一市", "township", "township_health_centre", "330226", "330226104", "", 20),
        InstitutionRow("T4", "西店卫生院", "西店", "township", "township_health_centre", "330226", "330226111", "", 15),
        InstitutionRow("V1", "甲村卫生室", "", "village", "village_clinic", "330226", "330226101", "T1"),
        InstitutionRow("V2", "乙村卫生室", "", "village", "village_clinic", "330226", "330226201", "T2"),
        InstitutionRow("V3", "丙村卫生室", "", "village", "village_clinic", "330226", "330226104", "T3"),
    ]  # fmt: skip
    attachments = [
        AttachmentRow("T2", "T1", "branch", BEGAN),
        AttachmentRow("V1", "T1", "clinic", BEGAN),
        AttachmentRow("V2", "T2", "clinic", BEGAN),
        AttachmentRow("V3", "T3", "clinic", BEGAN),
    ]
    first, second, tcm = (
        ("G1", "第一综合医共体", "general"),
        ("G2", "第二综合医共体", "general"),
        ("S1", "中医专科医共体", "specialty"),
    )
    roles = [
        (first, "H1", "lead"), (first, "T1", "member"), (first, "T2", "member"), (first, "V1", "member"),
        (first, "V2", "member"), (second, "H2", "lead"), (second, "T3", "member"), (tcm, "H3", "lead"),
        (tcm, "T1", "linked"), (tcm, "T3", "linked"),
    ]  # fmt: skip
    return Rows.of([*institutions, *attachments, *(MembershipRow(*c, i, role, BEGAN) for c, i, role in roles)])
