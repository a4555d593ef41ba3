"""Dagster's UI over a home: the code loads, the graph is there, and a run launched on the server completes in front of the reader."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from tests.integration.homes import PINNED_NOW, Built, copied, deliver

pytestmark = [pytest.mark.slow]
STARTS_WITHIN_SECONDS = 180
RUNS_WITHIN_SECONDS = 300
expect.set_options(timeout=60_000)
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
STATUS = "query Status($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
  name locationOrLoadError { __typename
    ... on RepositoryLocation { repositories { name } }
    ... on PythonError { message } } } } } }
"""


@dataclass(frozen=True)
class Server:
    """`rapporteur ui` over a copy of the built home, with a day that waits.

    Attributes:
        landed: What waits.
        address: Where the UI answers.
    """

    home: Home
    landed: list[str]
    address: str

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables})
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        try:
            connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            return json.load(connection.getresponse())["data"]
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("ui")
    home = copied(built.home, folder / "home")
    landed = deliver(built.later, home, ["user_reports"])
    port = _free_port()
    settings = {**os.environ, "RAPPORTEUR_HOME": str(home.root), "RAPPORTEUR_NOW": PINNED_NOW}
    command = [str(Path(sys.executable).with_name("rapporteur")), "ui", "--port", str(port)]
    with (folder / "ui.log").open("w") as log:
        process = subprocess.Popen(command, env=settings, stdout=log, stderr=log, start_new_session=True)
        try:
            running = Server(home, landed, f"http://127.0.0.1:{port}")
            _wait_until_it_answers(running, process, folder / "ui.log")
            yield running
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
                with socket.socket() as probe:
                    still_answers = probe.connect_ex(("127.0.0.1", port)) == 0
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        assert not still_answers, "`rapporteur ui` ended before the server that it had started"


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-4000:]
        try:
            entries = server.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
            if entries and entries[0]["locationOrLoadError"]:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"no answer in {STARTS_WITHIN_SECONDS} s: {log.read_text()[-4000:]}")


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that may talk to the server alone."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})

    def only_the_server(route: Route) -> None:
        if route.request.url.startswith((server.address, server.address.replace("http", "ws"), "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", only_the_server)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()


def test_code_location_loads_without_an_error(server: Server) -> None:
    (entry,) = server.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry["locationOrLoadError"]


def test_graph_shows_every_stretch_of_the_line(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.address}/asset-groups")
    for group in ("landing", "raw", "enforcement", "enforcement_overview", "published", "reports"):
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    page.screenshot(path=tmp_path / "graph.png")


def test_asset_page_tells_an_auditor_what_one_row_is(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.address}/assets/marts/fct_enforcement_actions")
    expect(page.get_by_text("One row per", exact=False).first).to_be_visible()
    expect(page.get_by_text("trust-and-safety-data", exact=False).first).to_be_visible()
    page.screenshot(path=tmp_path / "asset.png")
    page.goto(f"{server.address}/assets/marts/fct_enforcement_actions?view=checks")
    expect(page.get_by_text("expectations_hold", exact=False).first).to_be_visible()
    page.screenshot(path=tmp_path / "checks.png")


def test_run_launched_on_the_server_completes_in_front_of_the_reader(
    server: Server, page: Page, tmp_path: Path
) -> None:
    (entry,) = server.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    page.goto(f"{server.address}/locations/{repository['name']}@{entry['name']}/jobs/daily")
    expect(page.get_by_text("daily", exact=True).first).to_be_visible()
    page.screenshot(path=tmp_path / "job.png")
    launched = server.ask(
        LAUNCH,
        params={
            "selector": {
                "repositoryLocationName": entry["name"],
                "repositoryName": repository["name"],
                "pipelineName": "daily",
            },
            "mode": "default",
            "runConfigData": "{}",
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    page.goto(f"{server.address}/runs/{run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=RUNS_WITHIN_SECONDS * 1000)
    page.screenshot(path=tmp_path / "run.png")
    assert server.ask(STATUS, id=run_id)["runOrError"]["status"] == "SUCCESS"
    (_, commit) = read_commits(server.home)
    assert commit.run_id == run_id
    assert sorted(one.path for one in commit.deliveries) == server.landed
