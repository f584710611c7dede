"""Counties made up, with planted truth: the same seed makes the same county, of any size."""

from opencmc.synthetic.make import CountyReport, make_county
from opencmc.synthetic.one_more_month import extra_month

__all__ = ["CountyReport", "extra_month", "make_county"]
