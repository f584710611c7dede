"""Writes of monitoring: publishing a run into the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.monitoring.definitions import snapshot, townships_of
from opencmc.apps.monitoring.flows import patient_flows
from opencmc.apps.monitoring.layout import periods_by_kind, series_texts
from opencmc.apps.monitoring.models import FlowMonth, LoadSummary, Run, Series, UnplacedReasons
from opencmc.apps.network.api import publish_network
from opencmc.apps.rules.api import pack_by_id, use_pack
from opencmc.base.errors import Refused
from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES
from opencmc.methods.runs import open_run

#: Raised when figures are laid out differently, so that a home is published anew.
LAYOUT_VERSION = 1

Progress = Callable[[str, float], None]


def publish_run(home: Path, run_id: str, *, actor: Actor, progress: Progress | None = None) -> bool:
    """Publish a run of ``home``: its figures, the network, the flow of patients, the summaries of loads.

    False when it was published before, in the present layout, and nothing needed doing.
    """
    report = progress or (lambda step, share: None)
    if Run.objects.filter(run_id=run_id, layout_version=LAYOUT_VERSION).exists():
        return False
    computed = open_run(home, run_id)
    of_pack = computed.manifest["packs"][0]
    pack, as_of, known_at = pack_by_id(of_pack["id"]), computed.as_of, computed.known_at
    if known_at is None:
        raise Refused(f"运行 {run_id} 没有写明掌握时点，不能发布。", possible_when="请重新运行 opencmc indicators。")
    report("读取指标", 0.1)
    figures = pq.read_table(computed.folder / "figures.parquet")
    texts = series_texts(figures)
    report("统计就医流向", 0.3)
    flows = patient_flows(home, known_at=known_at, region=pack.region)
    report("发布机构网络", 0.6)
    publish_network(home, known_at=known_at, region=pack.region, townships=townships_of(pack, as_of), actor=actor)
    report("写入数据库", 0.7)
    with audited(actor) as trail:
        Run.objects.filter(run_id=run_id).delete()
        run = Run.objects.create(
            run_id=run_id,
            pack=pack.id,
            pack_revision=of_pack["identity"],
            region=pack.region,
            region_label=pack.label,
            as_of=as_of,
            known_at=known_at,
            published_at=actor.at,
            engine=computed.manifest["engine"],
            series_count=len(texts),
            definitions=snapshot(computed.definitions(), pack),
            periods=periods_by_kind(figures),
            layout_version=LAYOUT_VERSION,
        )
        Series.objects.bulk_create(
            [Series(run=run, indicator=i, unit_kind=k, unit_id=u, points=p) for i, k, u, p in texts], batch_size=2000
        )
        FlowMonth.objects.bulk_create(
            [FlowMonth(run=run, month=month, counts=counts) for month, counts in flows.items()]
        )
        _publish_unplaced(run, pq.read_table(computed.folder / "unplaced.parquet"))
        _publish_loads(home)
        use_pack(pack.id, actor=actor)
        trail.add("publish_run", object_=run_id, reason=f"{len(texts)}")
    report("完成", 1.0)
    return True


def _publish_unplaced(run: Run, table: pa.Table) -> None:
    found: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    for row in table.to_pylist():
        of_period = found.setdefault((row["indicator"], row["unit_kind"]), {}).setdefault(row["period"], {})
        of_period[row["reason"]] = row["count"]
    UnplacedReasons.objects.bulk_create(
        [UnplacedReasons(run=run, indicator=i, unit_kind=k, reasons=r) for (i, k), r in found.items()]
    )


def _publish_loads(home: Path) -> None:
    LoadSummary.objects.all().delete()
    LoadSummary.objects.bulk_create(
        [
            LoadSummary(
                load=load.load,
                table=load.table,
                table_label=TABLES[load.table].table_label,
                known_at=load.known_at,
                actor=load.actor,
                read=load.read,
                accepted=load.accepted,
                refused=load.refused,
                superseded=load.superseded,
                first_event=load.first_date,
                last_event=load.last_date,
                reasons=_reasons(load.reasons),
                unplaced=_reasons(load.unplaced),
            )
            for load in Lake(home).loads()
        ]
    )


def _reasons(reasons) -> list[dict]:
    return [{"reason": r.reason, "count": r.count, "lines": list(r.lines)} for r in reasons]
