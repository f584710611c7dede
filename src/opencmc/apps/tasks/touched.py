"""What a reorganisation of the network touches here: open tasks of its institutions."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from opencmc.apps.network.api import Touched
from opencmc.apps.tasks.models import Task
from opencmc.apps.tasks.states import OPEN


def tasks_touched(institutions: frozenset[str], communities: frozenset[str], day: date) -> Touched:
    """Open tasks that these institutions own, whatever their due day."""
    count = Task.objects.filter(state=OPEN, institution_id__in=institutions).count()
    return Touched(_("未办结的待办"), count, _("待办留在原机构；机构关闭时须先转交。"))
