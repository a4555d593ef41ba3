"""Mapping files read and validated: every mistake is told with the file and the key that holds it.

Belongs here: YAML, the language's grammar, checks against the contract. Does not belong here: the shape of a mapping
(`mapping_language`), choosing one for a file (`mappings`), applying it to rows (`mapping_rows`).
"""

import codecs
import hashlib
import re
import zoneinfo
from pathlib import Path
from typing import Any

import yaml

from assets.ingestion.contracts import FEEDS, Feed, Field
from assets.ingestion.mapping_language import Format, Mapping, MappingError, PathStep, Rule, placeholders

_KINDS = ("csv", "xlsx", "json", "parquet")
_NEWLINES = ("any", "lf", "crlf", "cr")
_NORMALISERS = ("strip", "lower", "upper", "collapse")
_TOP_KEYS = {"feed", "match", "format", "fields"}
_FORMAT_KEYS = {"kind", "encoding", "newline", "sheet", "header_row", "rows", "delimiter"}
_SOURCE_KEYS = ("column", "path", "template", "constant")
_RULE_KEYS = {
    *_SOURCE_KEYS,
    *("parse", "zone", "default", "default_template", "normalise", "map", "missing", "list", "split"),
}
_PATH_STEP = re.compile(r"\.([^.\[\]'\"$*]+)|\[(\d+)\]|\[(\*)\]|\['([^']+)'\]")
_TIME_TYPES = ("time", "moment")
_PLACEHOLDER = re.compile(r"\{[^{}]+\}")


def read_mapping(path: Path) -> Mapping:
    """Read and validate one mapping file.

    Raises:
        MappingError: names the file and the key that is wrong.
    """
    raw = path.read_bytes()
    document = _document(path.name, raw)
    return _mapping(path.name, hashlib.sha256(raw).hexdigest(), document)


def read_claim(path: Path, error: MappingError) -> Mapping | None:
    """Make the mapping that stands in for a broken file: it claims the same files and says why they cannot be read.

    Returns:
        None when not even feed and match can be told.
    """
    raw = path.read_bytes()
    try:
        document = _document(path.name, raw)
        match = _texts(path.name, "match", document.get("match"))
    except MappingError:
        return None
    name = document.get("feed")
    if not isinstance(name, str) or name not in FEEDS:
        return None
    return Mapping(path.name, hashlib.sha256(raw).hexdigest(), name, match, error=str(error))


class _Loader(yaml.SafeLoader):
    """Safe YAML that takes `yes`, `no` and days as the text they are, and refuses a key given twice."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, regex)
        for tag, regex in resolvers
        if tag != "tag:yaml.org,2002:timestamp" and not (tag == "tag:yaml.org,2002:bool" and first in "yYnNoO")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _spelled_keys(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    """Keep keys as they are spelled: in a value map `1`, `1.0` and `true` are three different cells."""
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _spelling(key_node)
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} twice", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
    return made


def _spelling(node: yaml.Node) -> str:
    if node.tag == "tag:yaml.org,2002:null":
        return ""
    text = str(node.value)
    return text.lower() if node.tag == "tag:yaml.org,2002:bool" else text


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _spelled_keys)


def _document(file: str, raw: bytes) -> dict[str, Any]:
    try:
        document = yaml.load(raw, Loader=_Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MappingError(file, "(whole file)", f"not YAML: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(document, dict):
        raise MappingError(file, "(whole file)", "wants the keys feed, match, format and fields")
    return document


def _mapping(file: str, sha256: str, document: dict[str, Any]) -> Mapping:
    _known_keys(file, "", document, _TOP_KEYS)
    name = document.get("feed")
    if not isinstance(name, str) or name not in FEEDS:
        raise MappingError(file, "feed", f"{name!r} is no feed or register")
    feed = FEEDS[name]
    match = _texts(file, "match", document.get("match"))
    layout = _format(file, document.get("format"))
    rules = _rules(file, feed, layout, document.get("fields"))
    return Mapping(file, sha256, name, match, layout, rules)


def _format(file: str, given: object) -> Format:
    if not isinstance(given, dict):
        raise MappingError(file, "format", "wants at least `kind`")
    _known_keys(file, "format.", given, _FORMAT_KEYS)
    kind = _one_of(file, "format.kind", given.get("kind"), _KINDS)
    encoding = _texts(file, "format.encoding", given.get("encoding") or "utf-8-sig")
    for name in encoding:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise MappingError(file, "format.encoding", f"{name!r} is no encoding") from error
    header_row = given.get("header_row", 1)
    if not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 1:
        raise MappingError(file, "format.header_row", "wants a row number from 1")
    delimiter = given.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise MappingError(file, "format.delimiter", "wants one character")
    rows = parse_path(file, "format.rows", given.get("rows") or "$[*]")
    if rows[-1] is not None or any(isinstance(step, int) for step in rows):
        raise MappingError(file, "format.rows", "wants keys and [*] only, and ends in [*]")
    sheet = given.get("sheet")
    if sheet is not None and not isinstance(sheet, str):
        raise MappingError(file, "format.sheet", "wants a sheet's name in quotes")
    newline = _one_of(file, "format.newline", given.get("newline", "any"), _NEWLINES)
    return Format(kind, encoding, newline, sheet, header_row, rows, delimiter)


def _rules(file: str, feed: Feed, layout: Format, given: object) -> tuple[Rule, ...]:
    if not isinstance(given, dict) or not given:
        raise MappingError(file, "fields", "wants one entry a field")
    known = {field.name: field for field in feed.fields}
    for name in given:
        if name not in known:
            raise MappingError(file, f"fields.{name}", f"{feed.name} has no such field; it has {', '.join(known)}")
    absent = [name for name, field in known.items() if field.required and name not in given]
    if absent:
        raise MappingError(file, f"fields.{absent[0]}", f"{feed.name} requires it; nothing could load without")
    return tuple(_rule(file, known[name], layout, entry) for name, entry in given.items())


def _rule(file: str, target: Field, layout: Format, given: object) -> Rule:
    key = f"fields.{target.name}"
    if not isinstance(given, dict):
        raise MappingError(file, key, "wants one of column, path, template, constant")
    _known_keys(file, f"{key}.", given, _RULE_KEYS)
    sources = [name for name in _SOURCE_KEYS if name in given]
    if len(sources) != 1:
        raise MappingError(file, key, f"wants exactly one of column, path, template, constant; has {sources or 'none'}")
    if "path" in given and layout.kind != "json":
        raise MappingError(file, f"{key}.path", f"a path needs format.kind json, not {layout.kind}")
    columns = _texts(file, f"{key}.column", given["column"]) if "column" in given else ()
    paths = _texts(file, f"{key}.path", given["path"]) if "path" in given else ()
    normalise = _texts(file, f"{key}.normalise", given["normalise"]) if given.get("normalise") else ()
    for verb in normalise:
        _one_of(file, f"{key}.normalise", verb, _NORMALISERS)
    parse, zone = _parse(file, key, target, given)
    rule = Rule(
        field=target.name,
        kind=target.type,
        columns=columns,
        paths=tuple(parse_path(file, f"{key}.path", path) for path in paths),
        template=_template(file, f"{key}.template", given.get("template")),
        has_constant="constant" in given,
        constant=given.get("constant"),
        missing=frozenset(_texts(file, f"{key}.missing", given["missing"]) if given.get("missing") else ()),
        normalise=normalise,
        values=_values(file, f"{key}.map", given.get("map")),
        parse=parse,
        zone=zone,
        has_default="default" in given,
        default=given.get("default"),
        default_template=_template(file, f"{key}.default_template", given.get("default_template")),
        is_list=_flag(file, f"{key}.list", given.get("list", target.type == "[str]")),
        split=str(given.get("split", ";")),
    )
    _check_values(file, key, target, rule)
    return rule


def _parse(file: str, key: str, target: Field, given: dict[str, Any]) -> tuple[str | None, zoneinfo.ZoneInfo | None]:
    parse, zone = given.get("parse"), given.get("zone")
    if parse is None:
        if zone is not None:
            raise MappingError(file, f"{key}.zone", "a zone needs `parse`")
        return None, None
    if not isinstance(parse, str) or "%" not in parse:
        raise MappingError(file, f"{key}.parse", "wants a strptime format such as %Y-%m-%d")
    if target.type not in (*_TIME_TYPES, "date"):
        raise MappingError(file, f"{key}.parse", f"{target.name} is {target.type}, not a time or a day")
    if target.type in _TIME_TYPES and (zone is None) != ("%z" in parse):
        raise MappingError(file, f"{key}.zone", "a time wants either a zone or %z in `parse`")
    if zone is None:
        return parse, None
    try:
        return parse, zoneinfo.ZoneInfo(str(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(file, f"{key}.zone", f"{zone!r} is no time zone") from error


def _check_values(file: str, key: str, target: Field, rule: Rule) -> None:
    if target.values is None:
        return
    given = [*(rule.values or {}).values(), rule.constant, rule.default]
    for value in given:
        if value is not None and value not in target.values:
            raise MappingError(file, key, f"{value!r} is none of {', '.join(target.values)}")


def _values(file: str, key: str, given: object) -> dict[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not given:
        raise MappingError(file, key, "wants value: value pairs")
    return dict(given)


def _template(file: str, key: str, given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or not placeholders(given):
        raise MappingError(file, key, "wants text with {column} in it")
    if "{" in _PLACEHOLDER.sub("", given) or "}" in _PLACEHOLDER.sub("", given):
        raise MappingError(file, key, "has an unpaired brace")
    return given


def parse_path(file: str, key: str, text: str) -> tuple[PathStep, ...]:
    """Read a JSON path: `$`, then `.key`, `['key']`, `[0]` or `[*]`.

    Raises:
        MappingError: when it is more than that.
    """
    steps: list[PathStep] = []
    position = 1
    while text[:1] == "$" and position < len(text):
        match = _PATH_STEP.match(text, position)
        if match is None:
            break
        name, index, _, quoted = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted)
        position = match.end()
    if not steps or position != len(text):
        raise MappingError(file, key, f"{text!r} is not a path of the form $.key['key'][0][*]")
    return tuple(steps)


def _known_keys(file: str, prefix: str, given: dict[str, Any], known: set[str]) -> None:
    for key in given:
        if key not in known:
            raise MappingError(file, f"{prefix}{key}", f"unknown key; known: {', '.join(sorted(known))}")


def _texts(file: str, key: str, given: object) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(value, str) and value for value in values):
        raise MappingError(file, key, "wants text, or a list of texts")
    return tuple(values)


def _one_of(file: str, key: str, given: object, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise MappingError(file, key, f"{given!r} is none of {', '.join(allowed)}")
    return str(given)


def _flag(file: str, key: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise MappingError(file, key, "wants true or false")
    return given
