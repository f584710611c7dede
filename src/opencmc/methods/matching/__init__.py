"""Resident matching: which records are one person. Exact keys first, then a stored probabilistic model, and a band in
between for people to decide. Runs without Django and without a clock.

Records are tables or mappings with ``record_id, full_name, sex ("1" male, "2" female), birth_date, document_number, phone,
township, village``; all but ``record_id`` may be missing.

* ``find_pairs(records, other=None, *, thresholds, model=None)``: a whole register against itself or another; a table of
  pairs (``PAIR_SCHEMA``) with decision, kind, rule, probability (parts per million) and the level of every field.
* ``sure_clusters(pairs, records)``: groups of records that are one person, and the pairs held back so that no group holds
  two people; ``Clusters.for_review(pairs)`` is the list for people.
* ``Matcher(thresholds, model=None)``: ``score(record, candidates)`` gives one record the same decisions, with reasons, in
  plain Python; ``blocking_keys(record)`` are the keys by which a database finds the candidates.
* ``train(records, day=…, source=…)`` makes a model of a county's own records; ``Model.save`` and ``read_model`` keep it.

The thresholds are the entries ``residents.matching_same`` and ``residents.matching_review`` of a pack; ``DECISIONS``,
``KINDS`` and ``rule_label`` are how people read the answers. See docs/matching.md.
"""

from opencmc.methods.matching.clusters import Clusters, sure_clusters
from opencmc.methods.matching.decisions import DECISIONS, DIFFERENT, KINDS, REVIEW, SAME, Thresholds, rule_label
from opencmc.methods.matching.matcher import Matcher, Reason, Scored
from opencmc.methods.matching.model import Model, read_model, shipped_model
from opencmc.methods.matching.pairs import PAIR_SCHEMA, find_pairs
from opencmc.methods.matching.records import RECORD_SCHEMA, as_records
from opencmc.methods.matching.training import train

__all__ = [
    "DECISIONS",
    "DIFFERENT",
    "KINDS",
    "PAIR_SCHEMA",
    "RECORD_SCHEMA",
    "REVIEW",
    "SAME",
    "Clusters",
    "Matcher",
    "Model",
    "Reason",
    "Scored",
    "Thresholds",
    "as_records",
    "find_pairs",
    "read_model",
    "rule_label",
    "shipped_model",
    "sure_clusters",
    "train",
]
