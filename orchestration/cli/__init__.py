"""The command line, `rapporteur`: parses what a person asks, calls the same functions as the assets, prints the answer.

Commands live by purpose in the modules beside this one; nothing is computed here.
"""

from orchestration.cli.app import app

__all__ = ["app"]
