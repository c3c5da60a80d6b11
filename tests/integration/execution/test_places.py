"""A pool works wherever Python code runs, with functions and classes of that code."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.workers

# No `if __name__ == "__main__"`: scripts do not have one, notebooks cannot.
BODY = """\
from headstart.pool import WorkerPool

class Learner:
    def __init__(self, level):
        self.level = level

    def fit(self):
        return Learner(self.level + 1)

def fit(learner):
    return learner.fit()

print("this line once")
pool = WorkerPool(1)
fitted = pool.submit(fit, Learner(1)).result(60)
print("level", fitted.level, isinstance(fitted, Learner))
pool.shutdown()
"""
PRINTED = "this line once\nlevel 2 True\n"

INSIDE = """
def work():
    from headstart.execution import open_executor

    class Learner:
        def fit(self):
            return 2

    def fit(learner):
        return learner.fit()

    executor = open_executor(1, preload=(), warm=())
    level = executor.submit(fit, (Learner(),)).result(60)
    executor.close()
    return executor.name, level
"""

NOTEBOOK = """
import sys
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3")

def show(message):
    if message["msg_type"] == "stream":
        print(message["content"]["text"], end="")
    elif message["msg_type"] == "error":
        print(message["content"]["ename"])

for cell in open(sys.argv[1]).read().split("# cell"):
    client.execute_interactive(cell, output_hook=show, timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


@pytest.fixture
def script(tmp_path):
    def script(source, name="script.py"):
        path = tmp_path / name
        path.write_text(source)
        return path

    return script


def test_in_a_script_without_a_main_guard(run, script):
    assert run(sys.executable, script(BODY)) == (PRINTED, "")


def test_in_code_from_standard_input(run):
    assert run(sys.executable, "-", text=BODY) == (PRINTED, "")


def test_in_code_from_the_command_line(run):
    assert run(sys.executable, "-c", BODY) == (PRINTED, "")


def test_in_a_repl(run):
    session = BODY.replace("\n\ndef fit(l", "\n\n\ndef fit(l").replace(
        "\n\n    def", "\n    def"
    )

    printed, prompts = run(sys.executable, "-i", "-q", text=session)

    assert printed == PRINTED
    assert "Error" not in prompts


def test_in_a_notebook(run, script):
    cells = script(BODY.replace("\nprint", "\n# cell\nprint"), "cells.py")

    printed, _ = run(sys.executable, script(NOTEBOOK), cells)

    assert printed == PRINTED


def test_a_notebook_cell_can_be_interrupted_and_the_pool_goes_on(run, script):
    cells = script(
        """
from headstart.pool import WorkerPool
import os, signal, threading, time
pool = WorkerPool(1)
pool.submit(int).result(60)
# cell
interrupt = lambda: os.killpg(0, signal.SIGINT)
future = pool.submit(time.sleep, 60)
threading.Timer(0.3, interrupt).start()
future.result(60)
# cell
pool.kill(future)
print(pool.submit(pow, 2, 10).result(60))
pool.shutdown()
""",
        "cells.py",
    )

    printed, _ = run(sys.executable, script(NOTEBOOK), cells)

    assert printed == "KeyboardInterrupt\n1024\n"


def test_with_a_users_module_beside_the_script(run, script):
    script("def double(x):\n    return 2 * x\n", "mine.py")
    # It shadows a module that every interpreter imports when it starts.
    script("raise RuntimeError('not the real json')\n", "json.py")
    source = (
        "import sys; folder = sys.path.pop(0)\n"
        "from headstart.pool import WorkerPool\n"
        "sys.path.append(folder)\n"
        "import mine\n"
        "with WorkerPool(1) as pool: print(pool.submit(mine.double, 4).result(60))\n"
    )

    assert run(sys.executable, script(source)) == ("8\n", "")


def test_inside_joblib(run, script):
    source = INSIDE + (
        "from joblib import Parallel, delayed\n"
        "print(Parallel(n_jobs=2)(delayed(work)() for _ in range(2)))\n"
    )

    printed, _ = run(sys.executable, script(source))

    assert printed == "[('processes', 2), ('processes', 2)]\n"


def test_inside_a_daemonic_process(run, script):
    source = INSIDE + (
        "import multiprocessing\n"
        "def show():\n"
        "    print(multiprocessing.current_process().daemon, *work(), flush=True)\n"
        "context = multiprocessing.get_context('fork')\n"
        "process = context.Process(target=show, daemon=True)\n"
        "process.start(); process.join(60)\n"
    )

    assert run(sys.executable, script(source)) == ("True processes 2\n", "")


def test_inside_a_dask_worker_and_on_dask_as_executor(run, script):
    source = INSIDE + (
        "if __name__ == '__main__':\n"
        "    from distributed import Client, LocalCluster\n"
        "    from headstart.execution import open_executor\n"
        "    with LocalCluster(n_workers=1, threads_per_worker=2, processes=True,\n"
        "                      dashboard_address=None) as cluster:\n"
        "        with Client(cluster) as client:\n"
        "            print(*client.submit(work, pure=False).result(timeout=60))\n"
        "            executor = open_executor(executor=client.get_executor())\n"
        "            future = executor.submit(lambda x: x + 1, (1,))\n"
        "            print(executor.name, executor.n_slots, future.result(60))\n"
        "            executor.close()\n"
    )

    printed, _ = run(sys.executable, script(source))

    assert printed == "processes 2\nClientExecutor 2 2\n"


def test_without_semaphores(run, script):
    # What a closed /dev/shm comes to: multiprocessing has no locks.
    source = "import sys; sys.modules['_multiprocessing'] = None\n" + BODY

    assert run(sys.executable, script(source)) == (PRINTED, "")


IN_A_NAMESPACE = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
CLOSE_SHM = "mount -t tmpfs -o ro,size=4k none /dev/shm"


def may_mount():
    try:
        return not subprocess.run(
            [*IN_A_NAMESPACE, CLOSE_SHM], capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="needs a user who may mount /dev/shm")
def test_with_a_dev_shm_that_cannot_be_written(run, script):
    command = f"{CLOSE_SHM} && ! touch /dev/shm/x 2>/dev/null && exec {sys.executable} "

    assert run(*IN_A_NAMESPACE, command + str(script(BODY))) == (PRINTED, "")
