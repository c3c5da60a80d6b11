"""Source lines of code that travels by value, read in a process without its files."""

import linecache
import pickle
import subprocess
import sys
import traceback

import pytest

from headstart.pool.call import pack_call, run_packed, unpack_answer
from headstart.pool.pickling import dumps

OWN = """\
class Own:
    def fit(self, values):
        ratio = [self.divide(value) for value in values]  # the caller's line
        return ratio

    def divide(self, value):
        return (lambda: 1 / value)()  # the innermost line
"""

WORKER = """\
import sys
from headstart.pool.call import run_packed
answer = run_packed(sys.stdin.buffer.read())
sys.stdout.buffer.write(answer)
"""


def own_class(filename):
    namespace = {"__name__": "__main__"}
    exec(compile(OWN, filename, "exec"), namespace)
    return namespace["Own"]


def worker_traceback(fn, *args):
    """Return the traceback of a call that fails in another process."""
    answer = subprocess.run(
        [sys.executable, "-c", WORKER],
        input=pack_call(fn, args, {}),
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    with pytest.raises(ZeroDivisionError) as caught:
        unpack_answer(answer)
    return caught.value.__notes__[0]


def in_a_script(folder):
    script = folder / "own.py"
    script.write_text(OWN)
    made = own_class(str(script))
    # Packed with its lines, which the worker must not read from the file.
    linecache.getlines(str(script))
    script.unlink()
    return made


def in_a_notebook(folder):
    # IPython stores the lines of a cell so.
    name = "<ipython-input-7-0123456789ab>"
    lines = OWN.splitlines(keepends=True)
    linecache.cache[name] = (len(OWN), None, lines, name)
    return own_class(name)


@pytest.mark.parametrize("place", [in_a_script, in_a_notebook])
def test_the_traceback_of_own_code_shows_its_lines(place, tmp_path):
    trace = worker_traceback(place(tmp_path)().fit, [0])

    assert "# the caller's line" in trace
    assert "# the innermost line" in trace
    assert "in divide" in trace


def test_code_read_from_standard_input_keeps_its_name_and_line_number():
    trace = worker_traceback(own_class("<stdin>")().fit, [0])

    assert 'File "<stdin>", line 7, in divide' in trace


def test_the_lines_of_a_file_are_sent_once(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(OWN)

    assert dumps([own_class(str(script))]).count(b"# the innermost line") == 1


def test_lines_that_arrive_do_not_replace_those_of_a_file_of_this_process(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(OWN)
    packed = dumps(own_class(str(script))())
    script.write_text("# edited meanwhile\n" + OWN)
    linecache.checkcache(str(script))
    linecache.getlines(str(script))

    pickle.loads(packed)

    assert linecache.getline(str(script), 1) == "# edited meanwhile\n"


def test_lines_that_arrived_earlier_are_replaced_by_newer_ones():
    name = "<own code sent twice>"
    for text in (OWN, "# edited meanwhile\n" + OWN):
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        namespace = {"__name__": "__main__"}
        exec(compile(text, name, "exec"), namespace)
        packed = dumps(namespace["Own"]())
        linecache.cache[name] = (len(OWN), None, OWN.splitlines(True), name)
        unpickled = pickle.loads(packed)
        try:
            unpickled.fit([0])
        except ZeroDivisionError as error:
            trace = "".join(traceback.format_exception(error))
            assert "# the innermost line" in trace


def test_an_answer_brings_the_lines_of_its_code_too():
    name = "<own code in an answer>"
    linecache.cache[name] = (len(OWN), None, OWN.splitlines(True), name)
    answer = run_packed(pack_call(own_class(name), (), {}))
    del linecache.cache[name]

    with pytest.raises(ZeroDivisionError) as caught:
        unpack_answer(answer).fit([0])

    assert "# the innermost line" in "".join(traceback.format_exception(caught.value))
