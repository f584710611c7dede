"""Money, points, periods, outcomes, identifiers, citations and refusals: what everything else is made of.

Standard library only.
"""
