"""STIX 2.1 bundles as source lines: one a object, read through the stix2 library.

Belongs here: validation by stix2, TLP markings, the contract's fields of an object. Not here: descriptions and other text,
which stay in the vault.
"""

from pathlib import Path
from typing import Any

from assets.ingestion.mapping_language import Mapping
from assets.ingestion.readers.json_rows import elements, refusal
from assets.ingestion.source_line import Lines, SourceLine, SourceRejectedError

_TLP_RANK = {"clear": 0, "green": 1, "amber": 2, "amber+strict": 3, "red": 4}
_TLP_IDS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",  # TLP 1.0 white
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",  # TLP 2.0
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
_FIELDS = (
    *("id", "type", "spec_version", "created", "modified", "name", "pattern", "pattern_type", "indicator_types"),
    *("valid_from", "valid_until", "confidence", "labels", "kill_chain_phases", "revoked", "source_ref", "target_ref"),
    "relationship_type",
)
_OBJECTS = ("objects", None)


def read_stix(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read a bundle's objects one by one; an object that stix2 refuses is refused alone. Custom properties are allowed.

    Args:
        path: Where the bytes are.
        feed: `threat_intel`.
        mapping: Unused: a bundle has its own format.
        name: The delivered name.

    Yields:
        A SourceLine an object (element number in `objects`), with the contract's fields. `tlp` is the strictest of its
        TLP markings; an object without one has null. `revoked` is as delivered.

    Raises:
        SourceRejectedError: `not_json`, `truncated_file`, or `rows_missing` when it is no bundle.
    """
    del feed, mapping
    levels = {**_TLP_IDS, **_declared_levels(path, name)}
    for number, element in elements(path, name, _OBJECTS):
        refused = refusal(number, element)
        yield refused if refused is not None else _line(number, element, levels)


def _declared_levels(path: Path, name: str) -> dict[str, str]:
    """Read the TLP levels of marking definitions that the bundle itself brings."""
    levels = {}
    for _, element in elements(path, name, _OBJECTS):
        if isinstance(element, dict) and element.get("type") == "marking-definition":
            level = _level(element)
            if level is not None:
                levels[str(element.get("id"))] = level
    return levels


def _level(marking: dict[str, Any]) -> str | None:
    definition = marking.get("definition")
    text = definition.get("tlp") if isinstance(definition, dict) else None
    extensions = marking.get("extensions")
    for extension in extensions.values() if isinstance(extensions, dict) else ():
        if isinstance(extension, dict) and isinstance(extension.get("tlp_2_0"), str):
            text = extension["tlp_2_0"]
    if not isinstance(text, str):
        return None
    level = text.lower().replace("white", "clear")
    return level if level in _TLP_RANK else None


def _line(number: int, element: dict[str, Any], levels: dict[str, str]) -> SourceLine:
    import stix2
    from stix2.exceptions import STIXError

    try:
        stix2.parse(dict(element), allow_custom=True, version="2.1")
    except (STIXError, ValueError, TypeError, KeyError, AttributeError) as error:
        return _refused(number, error)
    if not isinstance(element.get("id"), str) or not str(element["id"]).startswith(f"{element.get('type')}--"):
        return SourceLine(number, reason="invalid_stix", detail="the id does not begin with the type", json_path="$.id")
    value = {field: element[field] for field in _FIELDS if element.get(field) is not None}
    references = element.get("external_references")
    if references:
        value["external_refs"] = references
    value["tlp"] = _strictest(element.get("object_marking_refs"), levels)
    return SourceLine(number, value=value)


def _strictest(references: object, levels: dict[str, str]) -> str | None:
    marked = [levels[str(ref)] for ref in references if str(ref) in levels] if isinstance(references, list) else []
    return max(marked, key=lambda level: _TLP_RANK[level], default=None)


def _refused(number: int, error: Exception) -> SourceLine:
    """Tell which property stix2 refuses, never its value (its own messages quote values)."""
    names = getattr(error, "properties", None) or [getattr(error, "prop_name", None)]
    known = [str(name) for name in names if isinstance(name, str)]
    place = f"$.{known[0]}" if known else "$"
    detail = f"{type(error).__name__}: {', '.join(known) or 'the object'}"
    return SourceLine(number, reason="invalid_stix", detail=detail, json_path=place)


__all__ = ["SourceRejectedError", "read_stix"]
