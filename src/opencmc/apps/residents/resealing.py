"""Everything that is sealed, sealed anew under the newest key: in batches, each kept by itself, and repeated without harm."""

from __future__ import annotations

from collections.abc import Iterator

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.sealing import Sealer, sealer
from opencmc.apps.residents.writing import SEALED

_CHUNK = 2_000
_COLUMNS = [sealed for _frozen, sealed, _index in SEALED.values()]


def reseal(actor: Actor) -> int:
    """Seal under the newest key of the ring whatever is under an older one; how many residents were rewritten. Cut off, it
    goes on where it stopped. An old key may be taken off the ring when this answers 0. Versions and indexes stay."""
    keys, done = sealer(), 0
    for chunk in _chunks():
        changed = [resident for resident in chunk if _resealed(keys, resident)]
        if not changed:
            continue
        with audited(actor) as trail:
            for resident in changed:
                # Only if nobody has saved meanwhile: their write is under the newest key already.
                values = {column: getattr(resident, column) for column in _COLUMNS}
                done += Resident.objects.filter(pk=resident.pk, version=resident.version).update(**values)
            trail.add("residents.reseal", object_=f"{len(changed)}", reason=f"key {keys.current}")
    return done


def _chunks() -> Iterator[list[Resident]]:
    after = ""
    while True:
        rows = Resident.objects.filter(pk__gt=after).order_by("pk").only("pk", "version", *_COLUMNS)[:_CHUNK]
        found = list(rows)
        if not found:
            return
        yield found
        after = found[-1].pk


def _resealed(keys: Sealer, resident: Resident) -> bool:
    """Seal the old values of ``resident`` anew, in memory; whether there was one."""
    was_old = False
    for frozen, column, _index in SEALED.values():
        sealed = getattr(resident, column)
        if sealed is not None and keys.key_of(sealed) != keys.current:
            setattr(resident, column, keys.seal(frozen, resident.pk, keys.open(frozen, resident.pk, sealed)))
            was_old = True
    return was_old
