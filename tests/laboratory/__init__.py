"""The laboratory: labelled worlds through the real line, and what their review queues are worth.

Belongs here: scoring, baselines, metamorphic checks, the tables of `make lab`.
Does not belong here: finding anybody; the product never reads what is here.
"""
