"""A text file of each kind is read in at most three times its size."""

import subprocess
import sys

import numpy as np
import pytest

N_ROWS, N_COLUMNS = 200_000, 12

PEAK = """
import sys, warnings
from headstart.tables.read.files import read_file

def highest():
    with open("/proc/self/status") as status:
        return next(int(l.split()[1]) for l in status if l.startswith("VmHWM")) * 1024

warnings.simplefilter("ignore")
read_file(sys.argv[1])
before = highest()
frame, _ = read_file(sys.argv[2])
print(highest() - before, frame.width, frame.height, *set(map(str, frame.dtypes)))
"""


def lines(form, separator=","):
    """Return a table of text, each value written by `form(number, whole number)`."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(1000, N_COLUMNS)).tolist()
    wholes = rng.integers(1000, 9_999_999, (1000, N_COLUMNS)).tolist()
    rows = [
        separator.join(map(form, some, others))
        for some, others in zip(numbers, wholes, strict=True)
    ]
    header = separator.join(f"c{i}é" for i in range(N_COLUMNS))
    return f"{header}\n" + ("\n".join(rows) + "\n") * (N_ROWS // 1000)


KINDS = {
    "plain": (lines, (lambda x, n: f"{x:.6f}",), "utf-8", "Float64"),
    "byte order mark": (lines, (lambda x, n: f"{x:.6f}",), "utf-8-sig", "Float64"),
    "Windows-1252": (lines, (lambda x, n: f"{x:.6f}",), "cp1252", "Float64"),
    "UTF-16": (lines, (lambda x, n: f"{x:.6f}",), "utf-16", "Float64"),
    "padded": (lines, (lambda x, n: f" {x:10.4f} ",), "utf-8", "Float64"),
    "grouped": (lines, (lambda x, n: f'"{n:,}"',), "utf-8", "Int64"),
    "words": (lines, (lambda x, n: f"number {n}",), "utf-8", "String"),
    "odd quotes": (lines, (lambda x, n: f'{n} 5" pipes',), "utf-8", "String"),
    "blanks": (lines, (lambda x, n: f"{x:.6f}", " "), "utf-8", "Float64"),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc of Linux")
@pytest.mark.parametrize("kind", KINDS)
def test_reading_takes_at_most_three_times_the_size(kind, tmp_path):
    make, arguments, encoding, dtype = KINDS[kind]
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text("a,b\n1,2\n")
    large.write_bytes(make(*arguments).encode(encoding))

    read = subprocess.run(
        [sys.executable, "-c", PEAK, small, large],
        capture_output=True,
        text=True,
        check=True,
    )

    peak, width, height, *dtypes = read.stdout.split()
    assert (int(width), int(height), dtypes) == (N_COLUMNS, N_ROWS, [dtype])
    # Text of 13 to 15 characters takes twice its size in a table, beside the file.
    assert int(peak) <= (3.4 if dtype == "String" else 3) * large.stat().st_size
