"""What a reorganisation of the network touches here: the posts held at its institutions and communities."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from opencmc.apps.accounts.models import Post
from opencmc.apps.network.api import Touched


def posts_touched(institutions: frozenset[str], communities: frozenset[str], day: date) -> Touched:
    """Posts in force on ``day`` or later, by the unit at which they are held."""
    held = Q(unit_kind="institution", unit_id__in=institutions) | Q(unit_kind="community", unit_id__in=communities)
    count = Post.objects.filter(held).filter(Q(end__isnull=True) | Q(end__gt=day)).count()
    return Touched(_("账号与岗位"), count, _("岗位随单位不变；按医共体划定的权限范围从生效日起改变。"))
