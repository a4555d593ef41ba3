"""Facts coming in: delivered files become typed rows, every line accounted for.

Belongs here: contracts, splitting, decoding, quarantine, mappings, readers, the batch. Not here: what rows mean (dbt).
"""
