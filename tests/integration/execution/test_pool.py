"""The pool as an executor: what concurrent.futures promises, and what is added."""

import os
import sys
import threading
import time
from concurrent.futures import CancelledError, as_completed, wait

import cloudpickle
import psutil
import pytest

from headstart.exceptions import WorkerDiedError
from headstart.execution import PRELOAD, WARM
from headstart.pool import WorkerPool

# Workers cannot import a test file; its functions travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def pool():
    with WorkerPool(2) as pool:
        yield pool


@pytest.fixture
def gate(tmp_path):
    """A file that calls wait for; it is made when the test ends at the latest."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def hold(path):
    while not path.exists():
        time.sleep(0.002)


def meet(path, name, other):
    (path / name).touch()
    while not (path / other).exists():
        time.sleep(0.002)


def test_calls_run_at_the_same_time(pool, tmp_path):
    futures = [
        pool.submit(meet, tmp_path, "a", "b"),
        pool.submit(meet, tmp_path, "b", "a"),
    ]

    assert not wait(futures, timeout=30).not_done


def test_results_come_with_map_and_as_completed(pool):
    assert list(pool.map(pow, [2, 3], [3, 2])) == [8, 9]
    futures = [pool.submit(abs, -n) for n in range(20)]
    assert {future.result() for future in as_completed(futures)} == set(range(20))


def test_building_a_pool_waits_for_nothing():
    started = time.perf_counter()
    pool = WorkerPool(2, preload=PRELOAD, warm=WARM)
    elapsed = time.perf_counter() - started
    pool.terminate()

    assert elapsed < 0.1


def test_the_forkserver_has_one_thread_after_it_imported_scikit_learn():
    with WorkerPool(1, preload=PRELOAD) as pool:
        assert pool.wait_until_ready(60)
        assert pool.problems == ()
        assert pool.n_threads == 1


def test_workers_find_modules_imported_both_before_and_after_the_fork():
    with WorkerPool(1, preload=["sqlite3"], warm=["wave"]) as pool:
        loaded = pool.submit(lambda: sorted({"sqlite3", "wave"} & set(sys.modules)))

        assert loaded.result(30) == ["sqlite3", "wave"]


def test_a_module_that_cannot_be_imported_is_told_and_does_no_harm():
    with WorkerPool(1, preload=["no_such_module"], warm=["nor_this"]) as pool:
        assert pool.submit(int).result(30) == 0
        assert "no_such_module: ModuleNotFoundError" in pool.problems[0]


def test_threads_are_one_unless_told(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    names = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS")
    with WorkerPool(1, environment={"POLARS_MAX_THREADS": "3"}) as pool:
        values = pool.submit(lambda: [os.environ[name] for name in names]).result(30)

    assert values == ["1", "3"]


def test_a_call_that_waits_can_be_cancelled(pool, gate):
    running = [pool.submit(hold, gate) for _ in range(2)]
    waiting = pool.submit(int)

    assert waiting.cancel()
    gate.touch()

    wait(running, timeout=30)
    assert wait([waiting], timeout=30).done == {waiting}
    assert waiting.cancelled()


def test_large_arguments_and_results_pass(pool):
    data = bytes(20_000_000)

    assert pool.submit(lambda x: x + b"1", data).result(60) == data + b"1"


def test_a_call_that_cannot_be_pickled_fails_alone(pool):
    with pytest.raises(TypeError, match="cannot be sent"):
        pool.submit(len, [threading.Lock()]).result(30)
    assert pool.submit(int).result(30) == 0


def test_what_calls_print_is_not_shown(pool, capfd):
    def print_much():
        print("out" * 100_000)
        print("err" * 100_000, file=sys.stderr)
        os.write(1, b"raw")

    pool.submit(print_much).result(30)

    assert capfd.readouterr() == ("", "")


def test_calls_do_not_read_the_users_input(pool):
    assert pool.submit(lambda: sys.stdin.read()).result(30) == ""


def test_the_highest_memory_is_seen(pool):
    def fill():
        data = bytearray(b"x" * 150_000_000)
        time.sleep(0.3)
        return len(data)

    future = pool.submit(fill)

    assert future.result(30) == 150_000_000
    assert future.peak_memory > 150_000_000


def test_killing_a_running_call_frees_its_slot(pool, gate):
    futures = [pool.submit(hold, gate) for _ in range(2)]
    while not all(future.running() for future in futures):
        pool.submit(int).cancel()
    after = pool.submit(int)

    pool.kill(futures[0])

    assert after.result(30) == 0
    assert futures[0].exception(30).kind == "cancelled"
    assert futures[1].running()


def test_shutdown_lets_all_calls_finish(gate):
    pool = WorkerPool(1)
    futures = [pool.submit(abs, -n) for n in range(5)]

    pool.shutdown()

    assert [future.result(0) for future in futures] == [0, 1, 2, 3, 4]
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_shutdown_can_cancel_what_waits(gate):
    pool = WorkerPool(1)
    running, waiting = pool.submit(hold, gate), pool.submit(int)
    while not running.running():
        time.sleep(0.002)

    pool.shutdown(wait=False, cancel_futures=True)
    gate.touch()

    assert running.result(30) is None
    with pytest.raises(CancelledError):
        waiting.result(0)


def test_terminating_ends_everything_now(gate):
    pool = WorkerPool(1)
    running, waiting = pool.submit(hold, gate), pool.submit(int)
    while not running.running():
        time.sleep(0.002)

    pool.terminate()

    assert running.exception(0).kind == "cancelled"
    assert waiting.cancelled()


def test_an_error_in_the_with_block_does_not_wait_for_calls(gate):
    def interrupt(pool):
        with pool:
            futures.append(pool.submit(hold, gate))
            raise KeyboardInterrupt

    futures = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(WorkerPool(1))
    assert futures[0].done()


def test_a_pool_nobody_holds_still_answers_and_then_ends():
    assert WorkerPool(1).submit(int).result(30) == 0


def test_a_callback_may_submit_and_shut_down():
    pool = WorkerPool(1)
    more = []

    def go_on(future):
        more.append(pool.submit(abs, -2))
        pool.shutdown()

    pool.submit(int).add_done_callback(go_on)
    pool._manager.thread.join(30)

    assert more[0].result(0) == 2


def test_several_pools_serve_several_threads():
    answers = {}

    def work(name):
        with WorkerPool(1) as pool:
            answers[name] = pool.submit(abs, -name).result(60)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {n: n for n in range(4)}


def test_a_pool_made_in_a_thread_outlives_the_thread():
    pools = []
    thread = threading.Thread(target=lambda: pools.append(WorkerPool(1)))
    thread.start()
    thread.join()

    with pools[0] as pool:
        first = pool.submit(os.getppid).result(30)
        assert pool.submit(os.getppid).result(30) == first


def test_a_forked_copy_of_the_program_leaves_the_pool_alone(run):
    source = """
import os
from headstart.pool import WorkerPool
pool = WorkerPool(1)
pool.submit(int).result(30)
child = os.fork()
if child == 0:
    try:
        pool.submit(int)
    except RuntimeError as error:
        print("child:", str(error).split(".")[0], flush=True)
    pool.shutdown()
    raise SystemExit
os.waitpid(child, 0)
print("parent:", pool.submit(int).result(30))
"""
    printed, errors = run(sys.executable, "-W", "ignore", "-c", source)

    assert printed == (
        "child: The pool was shut down, or belongs to another process\nparent: 0\n"
    )
    assert errors == ""


def test_a_program_that_ends_with_work_to_do_ends(run):
    source = (
        "import time\n"
        "from headstart.pool import WorkerPool\n"
        "pool = WorkerPool(1); pool.submit(time.sleep, 600)\n"
    )

    assert run(sys.executable, "-c", source, timeout=30) == ("", "")


def test_workers_are_single_processes_with_a_spare(pool):
    pool.submit(int).result(30)
    forkserver = psutil.Process(pool.submit(os.getppid).result(30))
    while len(forkserver.children()) < 3:
        time.sleep(0.002)

    assert len(forkserver.children()) == 3


@pytest.mark.parametrize("n_workers", [0, -1])
def test_a_pool_without_workers_is_refused(n_workers):
    with pytest.raises(ValueError, match="'n_workers' parameter"):
        WorkerPool(n_workers)


def test_a_deadline_counts_while_a_call_waits(gate):
    with WorkerPool(1) as pool:
        pool.submit(hold, gate)
        late = pool.submit_limited(int, deadline=time.monotonic() + 0.1)

        with pytest.raises(WorkerDiedError, match="before a worker was free"):
            late.result(30)
        gate.touch()
