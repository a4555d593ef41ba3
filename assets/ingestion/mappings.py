"""Mappings of a home: which one reads which delivered file.

Belongs here: loading the folder, choosing the first that fits. Does not belong here: the grammar (`mapping_files`),
applying a mapping (`mapping_rows`), previewing a file (`mapping_check`).
"""

from collections.abc import Sequence

import structlog

from assets.ingestion.mapping_files import read_claim, read_mapping
from assets.ingestion.mapping_language import Mapping, MappingError
from assets.ingestion.mapping_rows import Refusal, apply
from orchestration.core.home import Home

__all__ = ["Mapping", "MappingError", "Refusal", "apply", "load_mappings", "mapping_for"]

_log = structlog.get_logger(__name__)


def load_mappings(home: Home) -> list[Mapping]:
    """Read every `landing/_mappings/*.yml` in the order of their names.

    A broken file does not stop the others: it comes back with `error` set, still claims the files that it names, and
    `open_lines` refuses those whole (`mapping_invalid`). One that does not even say its feed and match is logged.
    """
    mappings = []
    if not home.mappings.is_dir():
        return []
    for path in sorted([*home.mappings.glob("*.yml"), *home.mappings.glob("*.yaml")], key=lambda found: found.name):
        if path.name.startswith("."):
            continue
        try:
            mappings.append(read_mapping(path))
        except MappingError as error:
            claim = read_claim(path, error)
            if claim is not None:
                mappings.append(claim)
            _log.error("mapping_invalid", mapping=path.name, key=error.key, problem=str(error))
    return mappings


def mapping_for(mappings: Sequence[Mapping], feed: str, filename: str) -> Mapping | None:
    """Choose the first mapping of the feed whose `match` fits the file's bare name (without its folder)."""
    return next((mapping for mapping in mappings if mapping.fits(feed, filename)), None)
