"""Help in place: for each page what it is and what can be done there. A page may say more in its block ``help``."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Help:
    """``what`` the page is, and ``can``: what one can do there."""

    what: str | Promise
    can: tuple[str | Promise, ...] = ()


#: By the page's name (slice:page); a slice's own name stands for all its other pages.
PAGES: dict[str, Help] = {
    "home:home": Help(
        _("您的首页：先是今天要做的事，按逾期、今天、本周排列；旁边是本单位的几个关键数字。"),
        (_("按一行右边的按钮直接去办"), _("按“全部”打开整张清单"), _("按一个数字看它怎么来的")),
    ),
    "home:search": Help(
        _("一个框查全部：居民、机构、指标、规则。只会找到您的范围以内的居民。"),
        (_("居民可输入姓名、拼音首字母、身份证号后几位、电话"), _("机构、指标、规则可输入名称里的词，用空格隔开几个词")),
    ),
    "tasks": Help(
        _("本机构要做的随访和签约服务。数据发布时自动列出，同一件事只出现一次。"),
        (
            _("用上面的条件只看一部分"), _("打开一行，填数值，按结果按钮即办完，下一件自动打开"),
            _("数字键 1、2、3 直接选结果"), _("做不了的可以改期、转交或取消，都要写理由"),
        ),
    ),
    "notices": Help(_("别人告诉您的事，和您发起的后台任务的结果。"), (_("打开一条即标为已读"), _("可以全部标为已读"))),
    "jobs": Help(
        _("时间较长的事在后台进行，这里看进度和结果；服务器重启也会接着做，不会做两遍。"), (_("失败的可以重试"),)
    ),
    "monitoring:cockpit": Help(
        _("全县或一个医共体在一段时间里的目标完成情况、患者流向和各机构的数字。"),
        (_("换期间、换单位"), _("按“这个数怎么来的”看口径和记录"), _("导出 Excel 或 PDF，或打印")),
    ),
    "monitoring:indicators": Help(_("全部指标和它们在所选期间的值。"), (_("按名称打开一个指标"),)),
    "monitoring:indicator": Help(
        _("一个指标：值、分子分母、目标、走势、各单位的值，以及它怎么算出来。"), (_("换期间、换单位"), _("看背后的记录编号")),
    ),
    "monitoring:data": Help(_("装入了哪些数据，哪些没能用上，为什么。"), (_("按原因找到要改的文件和行"),)),
    "monitoring": Help(_("监测指标的页面。")),
    "network": Help(
        _("某一天的医共体网络：谁牵头，谁是成员，村卫生室挂在谁下面。"), (_("换一天看"), _("叠加专科医共体"))
    ),
    "rules": Help(
        _("本县执行的全部规则，逐条注明出处和把握。"), (_("按词、种类、文件查找"), _("与上级规定对照"))
    ),
    "residents": Help(_("查找居民、看档案、登记和修改。每次查看都会留下记录。"), (_("输入姓名、拼音首字母或证件号后几位"),)),
    "accounts": Help(_("账号、岗位和登录。"), (_("换岗位"), _("改密码、管理登录的设备"))),
    "audit": Help(_("谁在什么时候为什么做了什么；记录只能追加。"), (_("按人、按操作、按居民查找"), _("核验记录没有被改动"))),
}  # fmt: skip

_ANY = Help(_("OpenCMC 的一个页面。"))


def help_for(request: HttpRequest) -> Help:
    """The help of the page that is asked for."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return _ANY
    return PAGES.get(match.view_name) or PAGES.get(match.namespace) or _ANY
