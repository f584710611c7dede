"""What passes through the door of the exports slice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exported:
    """What one run brought: changes of the network, residents, finished tasks."""

    networks: int
    residents: int
    tasks: int
