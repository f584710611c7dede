"""Monitoring indicators: numerators and denominators counted on facts by the definitions of a pack."""

from opencmc.methods.indicators.compute import compute
from opencmc.methods.indicators.definitions import sibling_packs

__all__ = ["compute", "sibling_packs"]
