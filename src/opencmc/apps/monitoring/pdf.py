"""Reports as PDF, set by Typst with a Chinese font of the system."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from opencmc.base.errors import Refused

TEMPLATE = Path(__file__).parent / "reports" / "report.typ"

#: Fonts that carry simplified Chinese, the preferred one first.
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Noto Serif CJK SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimSun",
    "STSong",
    "FandolSong",
)


@lru_cache(maxsize=1)
def _families() -> frozenset[str]:
    return frozenset(typst.Fonts().families())


def chinese_font() -> str:
    """The first Chinese font at hand; refused with the package to install when there is none."""
    found = next((font for font in CHINESE_FONTS if font in _families()), None)
    if found is None:
        raise Refused(
            "这台服务器上没有中文字体，暂时不能生成 PDF。",
            rule="PDF 使用服务器系统里的字体",
            possible_when="请系统管理员安装中文字体后重启服务：Debian / Ubuntu 用 apt install fonts-noto-cjk，"
            "Fedora / openEuler 用 dnf install google-noto-sans-cjk-fonts。Excel 和打印不受影响。",
        )
    return found


def report_pdf(report: dict[str, Any]) -> bytes:
    """The PDF of a report: ``title, county, unit, period, as_of, run, sentence, lang, sections``."""
    text = json.dumps({**report, "font": chinese_font()}, ensure_ascii=False)
    return typst.compile(TEMPLATE.read_bytes(), sys_inputs={"report": text})
