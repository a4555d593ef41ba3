"""The ground floor: settings, the home's layout, vault, commits, locks, operations log, publishing.

Everything above may import it; it imports none of the others and knows no feed by name.
"""
