"""Reports: what is printed for people and regulators, from the published copy alone.

The catalogue, figures, bundles, read-outs and their pages belong here; what a record means is told by the marts.
"""
