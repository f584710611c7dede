"""From a numerator and a denominator to the printed value: the one division, rounded half up, in whole numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opencmc.methods.indicators.spans import Whole

#: What a definition may name as its method, with what a card says about it.
METHODS: dict[str, str] = {
    "share": "分子 ÷ 分母 × 倍数",
    "ratio": "分子 ÷ 分母 × 倍数",
    "per_capita": "分子 ÷ 分母 × 倍数",
    "count": "分子",
    "growth": "（本期 − 上年同期）÷ 上年同期 × 倍数",
    "pay_ratio": "（分子薪酬 ÷ 分子人月）÷（分母薪酬 ÷ 分母人月）",
    "premature_mortality": "40q30 = 1 − Π(1 − q)，q = 5M ÷ (1 + 2.5M)，按5岁组",
    "not_collected": "现有逻辑表不采集，待报送",
}

#: Products stay below this, so that doubling one still fits into 64 bits.
_BOUND = 2**61


def quotient(numerator: Whole, denominator: Whole, factor: int, divisor: int) -> Whole:
    """``numerator × factor ÷ (denominator × divisor)``, rounded half up (a negative numerator like its mirror image).

    ``denominator`` must be positive everywhere. Products that might not fit into 64 bits are formed with unlimited
    whole numbers instead.
    """
    size, sign = np.abs(numerator), np.sign(numerator)
    most_top = int(size.max(initial=0)) * factor
    most_bottom = int(denominator.max(initial=0)) * divisor
    top: npt.NDArray[np.int64] | npt.NDArray[np.object_] = size
    bottom: npt.NDArray[np.int64] | npt.NDArray[np.object_] = denominator
    if max(most_top, most_bottom) >= _BOUND:
        top, bottom = size.astype(object), denominator.astype(object)
    top, bottom = top * factor, bottom * divisor
    rounded = (2 * top + bottom) // (2 * bottom)
    result: Whole = rounded.astype(np.int64) * sign
    return result
