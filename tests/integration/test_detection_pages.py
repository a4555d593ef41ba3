"""The queries of docs/actor-pages.md, run as they stand there on a published copy."""

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.core.home import Home
from tests.integration.detection_home import labelled_home

PAGE = Path(__file__).parents[2] / "docs" / "actor-pages.md"


def query(name: str) -> str:
    found = re.search(rf"```sql {name}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, f"{PAGE.name} holds no query {name}"
    return found.group(1)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return labelled_home(tmp_path_factory.mktemp("pages"))


def test_the_cluster_page_says_what_ties_its_members_and_why_it_is_queued(published: Home) -> None:
    with duckdb.connect(str(published.published_current), read_only=True) as connection:
        row = connection.execute(
            "select unit_id from marts.fct_review_queue where unit_kind = 'cluster' order by as_of_date desc, review_rank limit 1"
        ).fetchone()
        assert row
        topics = {line[1] for line in connection.execute(query("cluster_page"), {"cluster_id": row[0]}).fetchall()}
    assert {"shape", "signal", "link", "member"} <= topics


def test_the_account_page_says_why_an_account_is_queued(published: Home) -> None:
    with duckdb.connect(str(published.published_current), read_only=True) as connection:
        row = connection.execute(
            "select account_ids[1] from marts.fct_review_queue order by as_of_date desc, review_rank limit 1"
        ).fetchone()
        assert row
        topics = {line[1] for line in connection.execute(query("account_page"), {"account_id": row[0]}).fetchall()}
    assert {"queue", "last days"} <= topics
    assert topics & {"signal", "cluster"}
