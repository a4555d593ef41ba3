"""One day's evaluation on hand-made daily tables: who is linked, who is not, what is proposed, what is shown for it.

Belongs here: the rules, one at a time. Not here: names of clusters (test_clusters), the line (tests/integration/test_detection_line).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from assets.detection.evaluation import evaluate, near_duplicates, prepare
from assets.transform.project import project_dir
from orchestration.core import derived
from orchestration.core.home import Home
from tests.unit.assets.detection.daily_tables import (
    FIRST,
    Line,
    account,
    add,
    add_lines,
    evaluated,
    groups,
    request,
    warehouse,
)


@pytest.fixture
def tables(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(home) as connection:
        yield connection


def known(connection: duckdb.DuckDBPyConnection, *names: str, **more: Any) -> None:
    add(connection, "hist_accounts", *(account(name, **more) for name in names))


def together(*names: str, **keys: Any) -> list[Line]:
    """A request of each account with the same keys."""
    return [request(name, 0, **keys) for name in names]


def test_two_kinds_of_shared_key_link_and_one_does_not(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b", "c", "d")
    add_lines(tables, [*together("a", "b", address="x", device="y"), *together("c", "d", address="z")])
    assert groups(evaluated(tables, 0)) == {frozenset("ab")}


def test_one_shared_key_links_beside_shared_templates_that_strangers_do_not_share(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    known(tables, "a", "b", "c")
    lines = [request(one, 0, template=f"t{number}") for one in "ab" for number in range(3)]
    lines += [request(f"s{number}", 0, template=f"u{number // 2}") for number in range(200)]
    lines += [request(f"s{number}", 0, template=f"v{(number + 1) // 2}") for number in range(200)]
    add_lines(tables, [*lines, *together("a", "b", address="x"), *together("b", "c", address="w")])
    assert groups(evaluated(tables, 0)) == {frozenset("ab")}


@pytest.mark.parametrize(("kind", "cap"), [("device", 25), ("address", 40), ("payment", 40)])
def test_a_key_of_more_accounts_than_its_cap_never_links(
    tables: duckdb.DuckDBPyConnection, kind: str, cap: int
) -> None:
    at_cap = [f"a{number}" for number in range(cap)]
    above = [f"b{number}" for number in range(cap + 1)]
    other = "address" if kind == "device" else "device"
    lines = together(*at_cap, **{kind: "k1"}) + together(*above, **{kind: "k2"})
    lines += [request(name, 0, 12, **{other: name[0] + str(int(name[1:]) // 5)}) for name in at_cap + above]
    add_lines(tables, lines)
    linked = groups(evaluated(tables, 0))
    assert linked == {frozenset(at_cap[start : start + 5]) for start in range(0, cap, 5)} - {frozenset()}


def test_a_key_shared_by_half_the_world_makes_no_pairs(tables: duckdb.DuckDBPyConnection) -> None:
    everybody = [f"a{number}" for number in range(3_000)]
    add_lines(tables, together(*everybody, address="x", device="y", payment="z", template="t"))
    began = time.process_time()
    assert evaluated(tables, 0) == {}
    assert time.process_time() - began < 30
    assert tables.execute("select count(*) from pair").fetchone() == (0,)


def test_null_and_empty_keys_never_link(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b", payment_hash="", signup_ip_hash="", hash_key_id="k1", email_pattern_hash="")
    known(tables, "c", "d", payment_hash=None, signup_ip_hash=None, hash_key_id="k1")
    add_lines(
        tables,
        [*together("a", "b", address="", device="", payment="", template=None, simhash=None), *together("c", "d")],
    )
    assert evaluated(tables, 0) == {}
    assert tables.execute("select count(*) from pair").fetchone() == (0,)


@pytest.mark.parametrize("kind", ["education", "vpn"])
def test_education_and_vpn_addresses_do_not_link(tables: duckdb.DuckDBPyConnection, kind: str) -> None:
    known(tables, "a", "b", "c", "d")
    lines = together("a", "b", address="x", device="y", asn_kind=kind)
    add_lines(tables, [*lines, *together("c", "d", address="z", device="w", asn_kind="residential")])
    assert groups(evaluated(tables, 0)) == {frozenset("cd")}


def test_pairs_of_one_organisation_do_not_link(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b", organization_id="org")
    known(tables, "c", organization_id="org2")
    known(tables, "d")
    keys = {"device": "y", "payment": "z"}
    add_lines(tables, [*together("a", "b", address="x1", **keys)])
    assert evaluated(tables, 0) == {}
    add_lines(tables, together("c", "d", address="x2", device="y2"))
    assert groups(evaluated(tables, 0)) == {frozenset("cd")}


def test_ids_that_differ_only_in_case_are_different_accounts(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "acct", "ACCT", "other")
    add_lines(tables, together("acct", "ACCT", address="x", device="y") + together("other", address="X", device="Y"))
    assert groups(evaluated(tables, 0)) == {frozenset({"acct", "ACCT"})}


def test_accounts_without_a_register_row_are_linked_and_counted(tables: duckdb.DuckDBPyConnection) -> None:
    add_lines(tables, together("a", "b", "c", address="x", device="y"))
    assert groups(evaluated(tables, 0)) == {frozenset("abc")}
    row = tables.execute("select account_count, edge_count, density from new_clusters").fetchall()
    assert row == [(3, 3, 1.0)]
    assert tables.execute("select min(key_weight) >= 0 from new_links").fetchone() == (True,)


def test_an_account_seen_before_it_was_created_counts_from_its_first_request(tables: duckdb.DuckDBPyConnection) -> None:
    later = datetime(2026, 6, 1, tzinfo=UTC)
    known(tables, "a", created_at=later, _version_at=later)
    known(tables, "b", created_at=later)
    add_lines(tables, together("a", "b", address="x", device="y"))
    assert groups(evaluated(tables, 0)) == {frozenset("ab")}
    assert tables.execute("select account_count from new_clusters").fetchall() == [(2,)]


def test_nothing_after_the_day_counts(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b")
    tomorrow = datetime.combine(FIRST + timedelta(1), datetime.min.time(), UTC)
    add(tables, "hist_accounts", *(account(one, payment_hash="p", _version_at=tomorrow) for one in "ab"))
    add_lines(tables, [request(one, 0, address="x") for one in "ab"] + [request(one, 1, device="y") for one in "ab"])
    assert evaluated(tables, 0) == {}
    assert groups(evaluated(tables, 1)) == {frozenset("ab")}


def test_what_is_older_than_the_window_no_longer_links(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b")
    add_lines(tables, [*together("a", "b", address="x", device="y"), request("c", 28)])
    assert groups(evaluated(tables, 27)) == {frozenset("ab")}
    assert evaluated(tables, 28) == {}


def test_a_day_without_traffic_concludes_what_the_days_before_it_show(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b")
    add_lines(tables, [*together("a", "b", address="x", device="y"), request("c", 5)])
    members = evaluated(tables, 3)
    assert groups(members) == {frozenset("ab")}
    assert evaluated(tables, 4, members) == members


def sprayers(*names: str) -> list[Line]:
    """Accounts of which every second request is refused, under many policies."""
    return [
        request(
            name,
            number % 3,
            hour=number % 24,
            refused=number % 2 == 0,
            policy=f"p{number % 5}",
            prompt=f"{name}{number}",
        )
        for name in names
        for number in range(60)
    ]


def crowd(count: int = 120) -> list[Line]:
    """Ordinary people, to calibrate on."""
    return [
        request(f"person{one}", number % 3, hour=8 + number % 9, prompt=f"p{one}-{number}")
        for one in range(count)
        for number in range(45)
    ]


def proposed(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(
        "select unit_id, is_withheld, withheld_reason, withheld_until, evidence_kind_count from new_units order by review_rank"
    ).fetchall()
    return rows


def test_an_outlier_among_its_peers_is_proposed_with_its_reasons(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "sprayer", *(f"person{number}" for number in range(120)))
    add_lines(tables, crowd() + sprayers("sprayer"))
    evaluated(tables, 2)
    assert [(row[0], row[1]) for row in proposed(tables)] == [("sprayer", False)]
    (reasons,) = tables.execute("select reasons from new_units").fetchone() or ("",)
    told = {one["signal"]: one for one in json.loads(reasons)}
    assert {"refusals", "probing"} <= told.keys()
    assert all(one["value"] >= one["threshold"] for one in told.values())


def test_one_kind_of_evidence_proposes_nothing(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "sprayer", "a", "b", *(f"person{number}" for number in range(120)))
    lines = [line | {"policy": None} for line in sprayers("sprayer")] + together(
        "a", "b", address="x", device="y", payment="z"
    )
    add_lines(tables, crowd() + lines)
    derived.load(tables, Home.at(project_dir() / "nowhere"), 0)
    prepare(tables)
    # however much it weighs
    tables.execute("update registry_versions set points = 9 where signal_id in ('refusals', 'shared_keys')")
    members = evaluate(tables, FIRST + timedelta(2), {})
    assert groups(members) == {frozenset("ab")}
    assert proposed(tables) == []
    fired = tables.execute("select distinct subject_id from new_detections").fetchall()
    assert ("sprayer",) in fired


def test_a_listed_account_is_withheld_with_the_reason_until_its_listing_expires(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    known(tables, "sprayer", *(f"person{number}" for number in range(120)))
    add_lines(tables, crowd() + sprayers("sprayer"))
    listing = {
        "entity_kind": "account",
        "entity_id": "sprayer",
        "reason": "red team",
        "approved_on": FIRST + timedelta(1),
    }
    add(tables, "stg_allowlist", listing | {"expires_on": FIRST + timedelta(4)})
    evaluated(tables, 3)
    assert proposed(tables) == [("sprayer", True, "allow-listed: red team", FIRST + timedelta(4), 2)]
    evaluated(tables, 4)
    assert [(row[0], row[1]) for row in proposed(tables)] == [("sprayer", False)]


def test_an_account_beside_a_listed_one_is_proposed_alone_when_the_two_are_withheld(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    known(tables, "sprayer", "friend", *(f"person{number}" for number in range(120)))
    lines = crowd() + sprayers("sprayer") + together("sprayer", "friend", address="x", device="y", payment="z")
    add_lines(tables, lines)
    add(tables, "stg_allowlist", {"entity_kind": "account", "entity_id": "friend", "reason": "contract"})
    evaluated(tables, 2)
    (cluster,) = tables.execute("select cluster_id from member where account_id = 'sprayer'").fetchone() or ("",)
    assert {row[0]: row[1] for row in proposed(tables)} == {cluster: True, "sprayer": False}


def test_a_listing_without_an_end_is_not_told_to_end_with_another(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "sprayer", *(f"person{number}" for number in range(120)), organization_id="org")
    add_lines(tables, crowd() + sprayers("sprayer"))
    listing = {
        "entity_kind": "account",
        "entity_id": "sprayer",
        "reason": "red team",
        "expires_on": FIRST + timedelta(9),
    }
    forever = {"entity_kind": "organization", "entity_id": "org", "reason": "zoo"}
    add(tables, "stg_allowlist", listing, forever)
    evaluated(tables, 3)
    assert [row[:4] for row in proposed(tables)] == [("sprayer", True, "allow-listed: red team", None)]


def test_evidence_is_at_most_twenty_requests_that_show_the_signal_over_the_days(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    known(tables, "sprayer", *(f"person{number}" for number in range(120)))
    lines = sprayers("sprayer")
    add_lines(tables, crowd() + lines)
    evaluated(tables, 2)
    (shown,) = tables.execute(
        "select evidence_request_ids from new_detections where signal_id = 'refusals'"
    ).fetchone() or ([],)
    refused = {line["request_id"]: line["event_date"] for line in lines if line["refused"]}
    assert len(shown) == len(set(shown)) == 20
    assert set(shown) <= refused.keys()
    assert {refused[one] for one in shown} == set(refused.values())


def test_one_account_with_very_many_requests_costs_evidence_little(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "sprayer", *(f"person{number}" for number in range(120)))
    add_lines(tables, crowd() + sprayers("sprayer"))
    tables.execute(
        """insert into warehouse.intermediate.int_account_prompt_days by name
           select
               date '2026-05-03' as event_date, 'sprayer' as account_id, 'api' as surface, md5(i::varchar) as prompt_hash,
               1 as request_count, 0 as elicits_count, 0 as grades_count, 0 as strict_count, 1 as refusal_count,
               'zz' || i as least_request_id
           from range(1000000) as made(i)"""
    )
    tables.execute("set memory_limit = '512MB'")
    tables.execute("set max_temp_directory_size = '0KB'")
    evaluated(tables, 2)
    shown = tables.execute("select max(len(evidence_request_ids)), count(*) from new_detections").fetchone()
    assert shown is not None
    assert shown[0] == 20
    assert shown[1] >= 2


def test_a_simhash_that_is_no_64_bit_number_is_left_alone(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b")
    odd = ("0123456789abcdef01", "abc", "")
    add_lines(tables, [request(one, 0, simhash=text, prompt=text) for one in "ab" for text in odd])
    assert evaluated(tables, 0) == {}


SOME_DAYS = (6, 8, 30)


def test_a_day_after_others_is_evaluated_as_if_it_were_the_first(tables: duckdb.DuckDBPyConnection) -> None:
    texts = ["0123456789abcdef", "0123456789abcdee", "0123456789abcdff", "fedcba9876543210"]
    lines = [
        request(
            one,
            day,
            template=f"{one}{day}",
            prompt=f"{one}{day}",
            simhash=texts[(day + shift) % 4],
            address=f"x{day % 5}",
        )
        for shift, one in enumerate("abcde")
        for day in range(0, 33, 2)
    ]
    known(tables, *"abcde")
    add_lines(tables, lines)
    names = ("links", "clusters", "detections", "evaluations")
    alone = {}
    for day in SOME_DAYS:
        tables.execute(
            "drop table if exists warehouse.detection.near_pairs; drop table if exists warehouse.detection.near_days"
        )
        derived.load(tables, Home.at(project_dir() / "nowhere"), 0)
        prepare(tables)
        for earlier in range(max(0, day - 27), day):
            near_duplicates(tables, FIRST + timedelta(earlier))
        prepare(tables)
        evaluate(tables, FIRST + timedelta(day), {})
        alone[day] = [sorted(map(repr, tables.execute(f"select * from new_{one}").fetchall())) for one in names]
        assert alone[day][0]
    prepare(tables)
    for day in SOME_DAYS:
        for one in names:
            tables.execute(f"delete from new_{one}")
        evaluate(tables, FIRST + timedelta(day), {})
        assert [sorted(map(repr, tables.execute(f"select * from new_{one}").fetchall())) for one in names] == alone[day]


def test_the_order_of_rows_changes_nothing(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "sprayer", "a", "b", *(f"person{number}" for number in range(120)))
    lines = crowd() + sprayers("sprayer")
    # the same address by day over two kinds of network, equally often
    lines += [
        request(one, day, address="x", device="y", asn_kind=kind)
        for one in "ab"
        for day, kind in ((0, "vpn"), (1, "cloud"))
    ]
    add_lines(tables, lines)
    told = []
    for direction in ("asc", "desc"):
        for name in ("key", "prompt", "template", "hour", "task"):
            table = f"warehouse.intermediate.int_account_{name}_days"
            tables.execute(f"create or replace table {table} as select * from {table} order by all {direction}")
        evaluated(tables, 2)
        told.append(
            [
                sorted(map(repr, tables.execute(f"select * from new_{one}").fetchall()))
                for one in ("detections", "links", "units")
            ]
        )
    assert told[0] == told[1]


def test_a_home_without_requests_concludes_nothing(tables: duckdb.DuckDBPyConnection) -> None:
    known(tables, "a", "b", payment_hash="p", signup_ip_hash="s")
    assert groups(evaluated(tables, 0)) == {frozenset("ab")}
    assert proposed(tables) == []
