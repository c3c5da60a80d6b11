"""A refresh that is killed at any moment goes on, and ends as an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import textwrap

import pytest
from tests.openml_server import Fault, faults, packaged_content

from headstart.meta.openml import RefreshError

SCRIPT = """
    import os, signal, sys
    from pathlib import Path
    from headstart.meta.openml import RefreshOptions, refresh
    from headstart.meta.store import KnowledgeBase
    from headstart.meta.store.sql.writing import Writer

    server, folder, stage, moment = sys.argv[1:]
    add = Writer.add

    def add_half(writer, lines):
        lines = list(lines)
        add(writer, lines[: len(lines) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    if stage == "landing":
        Writer.add = add_half

    def progress(step):
        if (step.stage, str(step.done)) == (stage, moment):
            os.kill(os.getpid(), signal.SIGKILL)

    options = RefreshOptions(
        server=server, suite=99, evaluations=True, calls_per_second=0,
        staging=Path(folder) / "staging", page_size=4,
    )
    with KnowledgeBase.open(Path(folder) / "killed.db") as base:
        refresh(base, options, progress=progress)
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def start(bench, stage="", moment=""):
    code = textwrap.dedent(SCRIPT)
    arguments = [bench.server.url, str(bench.folder), stage, str(moment)]
    home = bench.folder / "home"
    home.mkdir(exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**kept, "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(bench, stage="", moment=""):
    process = start(bench, stage, moment)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def killed_at_call(bench, number):
    """Run a refresh that is killed while the server answers its n-th call."""
    victims = []

    def kill(reply):
        victims[0].kill()
        return reply

    bench.server.faults.reset()
    bench.server.faults.add(Fault(".", kill, first=number))
    victims.append(start(bench))
    victims[0].communicate(timeout=120)
    bench.server.faults.reset()
    return victims[0].returncode


def undisturbed(bench):
    with bench.base("undisturbed.db") as base:
        bench.refresh(base, evaluations=True, page_size=4)
        return base.export(bench.folder / "undisturbed.jsonl")


def exported(bench):
    with bench.base("killed.db") as base:
        return base.export(bench.folder / "killed.jsonl")


@pytest.mark.slow
def test_a_refresh_killed_within_a_download_goes_on(bench):
    server = bench.serve(packaged_content())
    expected = undisturbed(bench)
    # The suite and its tasks are 3 calls, a dataset is 4: within the second one's data.
    assert killed_at_call(bench, 11) == -signal.SIGKILL
    assert (bench.folder / "staging" / "journal.db").exists()
    server.calls.clear()
    assert run(bench) == (0, "")
    assert exported(bench) == expected
    asked = [path for path in server.calls if "/download/" in path]
    assert len(asked) == 2, "the first dataset is not downloaded again"
    assert not any("study" in path for path in server.calls)
    # The client makes folders at home when it is imported, unless it is kept from it.
    assert list((bench.folder / "home").rglob("*")) == []


@pytest.mark.slow
def test_a_refresh_killed_while_or_after_it_lands_lands_whole_and_once(bench):
    bench.serve(packaged_content())
    expected = undisturbed(bench)
    with bench.base("killed.db") as base:
        empty = base.digest()
    assert run(bench, "landing")[0] == -signal.SIGKILL
    with bench.base("killed.db") as base:
        assert base.digest() == empty, "half of the records were written, and undone"
    assert run(bench, "base", 1)[0] == -signal.SIGKILL
    assert exported(bench) == expected
    assert run(bench) == (0, "")
    assert exported(bench) == expected
    assert not (bench.folder / "staging").exists()


def test_two_refreshes_do_not_share_a_folder(bench):
    bench.serve()
    messages = []

    def refresh_again(progress):
        with pytest.raises(RefreshError) as caught:
            bench.refresh(base)
        messages.append(str(caught.value))

    with bench.base() as base:
        bench.refresh(base, progress=refresh_again)
    assert "no other refresh is using" in messages[0]


def test_what_was_staged_for_another_suite_is_not_used(bench, base):
    server = bench.serve(packaged_content())
    server.faults.add(Fault("data/1510$", faults.drop, times=1_000))
    with pytest.raises(RefreshError):
        bench.refresh(base, suite=99, attempts=1)
    server.faults.reset()
    bench.refresh(base, suite=269)
    assert {r.name for r in base.datasets()} == {"diabetes-progression", "iris"}


def test_a_dataset_that_has_left_the_base_is_fetched_again(bench):
    server = bench.serve(packaged_content())
    with bench.base() as base:
        bench.refresh(base, suite=99)
        expected = base.digest()
        # The first two are found unchanged, then the server is gone.
        server.faults.add(Fault("data/1510$", faults.drop, times=1_000))
        with pytest.raises(RefreshError):
            bench.refresh(base, suite=99, attempts=1)
        server.faults.reset()
    (bench.folder / "base.db").unlink()
    with bench.base() as base:
        bench.refresh(base, suite=99)
        assert base.digest() == expected


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_refresh_killed_at_twenty_random_moments_ends_as_an_undisturbed_one(bench):
    server = bench.serve(packaged_content())
    expected = undisturbed(bench)
    n_calls = len(server.calls)
    chance = random.Random(5)
    n_killed = 0
    for _ in range(20):
        server.calls.clear()
        if chance.random() < 0.8:
            # A resumed refresh makes fewer calls: some are not killed, and finish.
            code = killed_at_call(bench, chance.randint(1, n_calls // 2))
        else:
            stages = [("datasets", 1), ("datasets", 3), ("landing", 1), ("base", 1)]
            code, _ = run(bench, *chance.choice(stages))
        n_killed += code == -signal.SIGKILL
        assert code in (0, -signal.SIGKILL)
        with bench.base("killed.db") as base:
            there = base.digest()
        with bench.base("empty.db") as base:
            empty = base.digest()
        # Whole or not at all, at every moment.
        assert there in (expected, empty)
        if code == 0:
            assert there == expected
            (bench.folder / "killed.db").unlink()
            for leftover in bench.folder.glob("killed.db-*"):
                leftover.unlink()
    assert n_killed >= 10
    assert run(bench)[0] == 0
    assert exported(bench) == expected
