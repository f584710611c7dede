"""Reading the values of a follow-up as they were typed: each limit stands at its field and says how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from opencmc.apps.tasks.kinds import Measure


def read_value(measure: Measure, text: str) -> int:
    """The whole number that is kept. ``ValueError`` carries what was read, what is expected and how to go on."""
    typed = text.strip().replace("。", ".").replace("．", ".")
    said = {"read": text.strip()[:20], "bounds": measure.bounds, "unit": measure.unit}
    try:
        number = Decimal(typed) * (10 if measure.tenths else 1)
    except InvalidOperation:
        raise ValueError(_("读到“%(read)s”，不是数字；请填 %(bounds)s %(unit)s 之间的数。") % said) from None
    if not number.is_finite() or number != number.to_integral_value():
        example = "6.1" if measure.tenths else "128"
        raise ValueError(_("读到“%(read)s”；请填到最小刻度，例如 %(example)s。") % {**said, "example": example})
    if not measure.low <= number <= measure.high:
        raise ValueError(_("读到“%(read)s”，超出可能的范围；应在 %(bounds)s %(unit)s 之间，请核对后重填。") % said)
    return int(number)


def check_together(values: Mapping[str, int]) -> dict[str, str]:
    """Values that cannot stand together, by field."""
    high, low = values.get("systolic"), values.get("diastolic")
    if high is not None and low is not None and low >= high:
        said = {"low": low, "high": high}
        return {"diastolic": _("舒张压 %(low)s 不低于收缩压 %(high)s；请核对两个数是否填反。") % said}
    return {}
