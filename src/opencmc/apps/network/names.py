"""Names of the codes of the network in the reader's language, for pages and forms. Workbooks and the lake keep the Chinese ones."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, gettext_noop

from opencmc.apps.network import rows

#: Here, so that the words reach the catalogue: the layer below writes them in Chinese.
WORDS = (
    gettext_noop("县级"), gettext_noop("乡镇级"), gettext_noop("村级"), gettext_noop("县外"),
    gettext_noop("综合医院"), gettext_noop("中医医院"), gettext_noop("妇幼保健院"), gettext_noop("专科医院"),
    gettext_noop("民营医院"), gettext_noop("乡镇卫生院"), gettext_noop("社区卫生服务中心"), gettext_noop("村卫生室"),
    gettext_noop("社区卫生服务站"), gettext_noop("疾病预防控制中心"), gettext_noop("定点零售药店"), gettext_noop("其他"),
    gettext_noop("综合医共体"), gettext_noop("专科医共体"), gettext_noop("联盟"),
    gettext_noop("牵头"), gettext_noop("成员"), gettext_noop("医联"),
    gettext_noop("分院"), gettext_noop("下设村卫生室（站）"), gettext_noop("附设中心"), gettext_noop("其他附属"),
)  # fmt: skip


def _named(words: dict[str, str]) -> dict[str, Promise]:
    return {code: gettext_lazy(word) for code, word in words.items()}


TIERS = _named(rows.TIERS)
INSTITUTION_KINDS = _named(rows.INSTITUTION_KINDS)
COMMUNITY_KINDS = _named(rows.COMMUNITY_KINDS)
MEMBERSHIP_ROLES = _named(rows.MEMBERSHIP_ROLES)
ATTACHMENT_KINDS = _named(rows.ATTACHMENT_KINDS)
