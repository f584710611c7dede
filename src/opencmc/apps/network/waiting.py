"""What waits in the network slice: drafts not yet registered, suggestions without an answer, changes not in the lake."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may, require
from opencmc.apps.network.models import PublicHealthRecord, Reorganisation
from opencmc.apps.network.snapshot import institutions_within
from opencmc.apps.work import WorkGroup, WorkItem

_SHOWN = 5


def work_of(actor: Actor) -> list[WorkGroup]:
    """The open work of the holder: two queries for those who have any."""
    groups = []
    if actor.holder.role != "system" and may(actor.holder, "network.reorganise"):
        drafts = list(Reorganisation.objects.filter(state="draft").order_by("effective"))
        if drafts:
            today = actor.today
            groups.append(WorkGroup(
                "network.drafts", _("医共体调整草稿"), len(drafts), sum(d.effective < today for d in drafts),
                sum(d.effective == today for d in drafts), reverse("network:reorganisations"),
                [WorkItem(d.title, "", _("生效日 %(day)s，尚未登记") % {"day": d.effective}, d.made_at.date(), d.effective,
                          _("核对并登记"), reverse("network:reorganisation", args=[d.pk])) for d in drafts[:_SHOWN]],
            ))  # fmt: skip
    if actor.holder.role != "system" and may(actor.holder, "public_health.record"):
        found = PublicHealthRecord.objects.filter(outcome="open").select_related("post__institution").order_by("on")
        ids = institutions_within(require(actor.holder, "public_health.record"), actor.today)
        if ids is not None:
            found = found.filter(post__institution_id__in=ids)
        waiting = list(found)
        if waiting:
            groups.append(WorkGroup(
                "network.suggestions", _("待答复的公共卫生建议"), len(waiting), 0, 0, reverse("network:posts"),
                [WorkItem(r.text[:40], str(r.post.institution), r.get_kind_display(), r.on, None, _("记下结果"),
                          reverse("network:post", args=[r.post_id])) for r in waiting[:_SHOWN]],
            ))  # fmt: skip
    return groups
