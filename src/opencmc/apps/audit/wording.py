"""What stands on a line, in words: the object and the reason are kept as written and shown with their names.

Only what a program wrote is put into words; what a person typed stays as typed.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.access.api import UNIT_KINDS, role_label

#: Whole objects that programs write.
_OBJECTS: dict[str, str | Promise] = {
    "account": gettext_lazy("账号"),
    "api": gettext_lazy("经接口"),
    "audit": gettext_lazy("审计记录"),
    "command": gettext_lazy("命令行"),
    "care-relations": gettext_lazy("谁可以看"),
    "compare": gettext_lazy("两份登记对照"),
    "form": gettext_lazy("打开表单（未保存）"),
    "household": gettext_lazy("家庭户"),
    "id_number, phone, card": gettext_lazy("证件号、电话、健康卡号"),
    "import": gettext_lazy("导入"),
    "lines": gettext_lazy("审计记录"),
    "list": gettext_lazy("居民列表"),
    "merges": gettext_lazy("打开合并记录"),
    "move": gettext_lazy("打开迁居表单（未保存）"),
    "record": gettext_lazy("档案"),
}
#: As what a typed text was read.
_SEARCHES: dict[str, str | Promise] = {
    "card": gettext_lazy("按健康卡号"),
    "id": gettext_lazy("按完整证件号"),
    "initials": gettext_lazy("按拼音首字母"),
    "name": gettext_lazy("按姓名"),
    "number": gettext_lazy("按号码"),
    "paper": gettext_lazy("按其他证件号"),
    "phone": gettext_lazy("按电话"),
    "phone_name": gettext_lazy("按电话加姓名"),
    "tail": gettext_lazy("按号码末几位"),
}
_BEFORE_COLON: dict[str, str | Promise] = {
    "grid": gettext_lazy("网格"),
    "household": gettext_lazy("家庭户"),
    "import": gettext_lazy("居民导入"),
    "job": gettext_lazy("后台任务"),
    "service": gettext_lazy("接口账号"),
    "task": gettext_lazy("待办"),
    "verification": gettext_lazy("核验"),
}
_REASONS: dict[str, str | Promise] = {
    "adopt": gettext_lazy("采用标准"),
    "again": gettext_lazy("内容未变"),
    "api": gettext_lazy("经接口"),
    "block": gettext_lazy("停用"),
    "blocked": gettext_lazy("账号已停用"),
    "body": gettext_lazy("治理机构"),
    "close": gettext_lazy("停用"),
    "code expired": gettext_lazy("验证码已过期"),
    "correct": gettext_lazy("更正"),
    "demonstration": gettext_lazy("演示账号一按即入"),
    "draft": gettext_lazy("起草"),
    "next": gettext_lazy("下一次"),
    "open": gettext_lazy("已在进行"),
    "public health end": gettext_lazy("结束公共卫生岗位"),
    "rotate": gettext_lazy("更换令牌"),
    "unblock": gettext_lazy("恢复"),
    "undo": gettext_lazy("撤销"),
}
_ROLE_AT_UNIT = re.compile(r"^([a-z_]+) (institution|community|township|county):(\S*)(.*)$")


def object_words(action: str, text: str) -> str:
    """The object of a line as a reader may understand it: ``task:24 年度健康评估`` → 待办 24 年度健康评估."""
    if action == "residents.search" and text in _SEARCHES:
        return str(_SEARCHES[text])
    if text in _OBJECTS:
        return str(_OBJECTS[text])
    head, colon, rest = text.partition(":")
    if colon and head in _BEFORE_COLON:
        return f"{_BEFORE_COLON[head]} {rest}"
    return _post_words(text)


def reason_words(action: str, text: str) -> str:
    """The reason of a line in words; a bare count gets its unit."""
    if text in _REASONS:
        return str(_REASONS[text])
    if re.fullmatch(r"\d+\+?", text) and action in {"residents.search", "residents.view"}:
        return _("%(count)s 人") % {"count": text}
    return _post_words(text)


def _post_words(text: str) -> str:
    """``village_doctor institution:V1 2025-01-01`` → the role by its name, then the unit."""
    found = _ROLE_AT_UNIT.match(text)
    if found is None or role_label(found[1]) == found[1]:
        return text
    unit = f"{UNIT_KINDS[found[2]]} {found[3]}".strip()
    return _("%(role)s（%(unit)s）") % {"role": role_label(found[1]), "unit": unit} + found[4]
