"""Words that the layers below write in Chinese and pages show in the reader's language: labels of cards, kinds, tables."""

from django.utils.translation import gettext_noop

CARD_LABELS = (
    gettext_noop("英文"), gettext_noop("类型"), gettext_noop("输入"), gettext_noop("可选"), gettext_noop("取值"),
    gettext_noop("职责"), gettext_noop("名单"), gettext_noop("内容"), gettext_noop("判定"), gettext_noop("适用"),
    gettext_noop("起点"), gettext_noop("期限"), gettext_noop("责任单位"), gettext_noop("周期"), gettext_noop("列"),
    gettext_noop("方向"), gettext_noop("统计到"), gettext_noop("前身"), gettext_noop("算例"), gettext_noop("变更"),
    gettext_noop("说明"), gettext_noop("注"), gettext_noop("上级规定"),
)  # fmt: skip
KIND_LABELS = (
    gettext_noop("参数"), gettext_noop("清单"), gettext_noop("参数卡"), gettext_noop("名单卡"), gettext_noop("目标卡"),
    gettext_noop("职责卡"), gettext_noop("算例卡"), gettext_noop("新增"), gettext_noop("改写"), gettext_noop("名称"),
    gettext_noop("属性"),
)  # fmt: skip
TABLE_LABELS = (
    gettext_noop("门急诊"), gettext_noop("诊疗人次"), gettext_noop("住院"), gettext_noop("住院病例"), gettext_noop("转诊"),
    gettext_noop("转诊单"), gettext_noop("共享中心申请"), gettext_noop("居民"), gettext_noop("共同体成员关系"),
    gettext_noop("机构"), gettext_noop("附属关系"), gettext_noop("设备"), gettext_noop("定性评判"), gettext_noop("身份信息"),
    gettext_noop("人口"), gettext_noop("家庭医生签约"), gettext_noop("应做服务"), gettext_noop("已做服务"), gettext_noop("健康管理"),
    gettext_noop("随访"), gettext_noop("传染病报告"), gettext_noop("传染病月报"), gettext_noop("人员"), gettext_noop("岗位与派驻"),
    gettext_noop("账目"),
)  # fmt: skip
