"""What the residents slice tells the slices below it when the program starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from opencmc.apps.audit.api import guard_residents, name_actions
from opencmc.apps.residents.record_views import access_head


def start() -> None:
    guard_residents(access_head)
    name_actions(
        {
            "residents.unmerge": _("拆分居民"),
            "residents.matching": _("全库比对居民"),
            "residents.review": _("核对可能重复的居民"),
            "residents.household": _("调整家庭户"),
            "residents.move": _("居民迁居"),
            "residents.reseal": _("更换密封的密钥"),
            "publish_residents": _("发布居民"),
        }
    )
