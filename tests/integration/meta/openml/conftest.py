"""A server for each test, a base, and options that do not wait."""

from dataclasses import replace

import pytest
from tests.openml_server import OpenMLServer, packaged_content
from tests.openml_server.content import Suite

from headstart.meta.openml import RefreshOptions, refresh
from headstart.meta.store import KnowledgeBase


def only_iris():
    """The smallest content with everything in it: one table, one task, its runs."""
    content = packaged_content()
    return replace(
        content,
        tables=tuple(t for t in content.tables if t.did == 61),
        tasks=tuple(t for t in content.tasks if t.task_id == 59),
        suites=(Suite(99, "OpenML-CC18", "One task", (59,)),),
        runs=tuple(r for r in content.runs if r.task_id == 59),
    )


class Bench:
    """A server and what is needed to refresh from it."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []
        self.server = None

    def serve(self, content=None):
        self.server = OpenMLServer(only_iris() if content is None else content).start()
        self.servers.append(self.server)
        return self.server

    def options(self, **changes):
        settings = {
            "server": self.server.url,
            "suite": 99,
            "calls_per_second": 0.0,
            "connect_seconds": 5.0,
            "read_seconds": 5.0,
            "total_seconds": 20.0,
            "attempts": 3,
            "first_wait": 0.0,
            "longest_wait": 0.0,
            "staging": self.folder / "staging",
        }
        return RefreshOptions(**{**settings, **changes})

    def refresh(self, base, evaluate=None, progress=None, **changes):
        return refresh(base, self.options(**changes), evaluate, progress)

    def base(self, name="base.db"):
        return KnowledgeBase.open(self.folder / name)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    for server in bench.servers:
        server.close()


@pytest.fixture
def base(bench):
    with bench.base() as base:
        yield base
