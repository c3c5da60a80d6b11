"""What is stored in skops' form by someone who wants memory or time."""

import copy
import io
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
import scipy.sparse
import skops.io
from sklearn.linear_model import LogisticRegression

from headstart.base.stored import dump_skops, load_skops
from headstart.exceptions import ArtifactError


def repacked(data, change=lambda name, content: content, method=zipfile.ZIP_STORED):
    """Return an archive in skops' form with its members changed."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        zipfile.ZipFile(packed, "w", method) as other,
    ):
        for name in archive.namelist():
            other.writestr(name, change(name, archive.read(name)))
    return packed.getvalue()


def load(data):
    """Load in little memory; return what the error says, "" without one."""
    tracemalloc.start()
    try:
        load_skops({"model.skops": data}, "learner 'x'", ())
    except ArtifactError as error:
        return str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20e6
    return ""


@pytest.fixture(scope="module")
def estimator():
    X = np.arange(20.0).reshape(10, 2)
    return skops.io.dumps(LogisticRegression().fit(X, np.arange(10) % 2))


def test_estimators_and_sparse_matrices_come_back(estimator):
    matrix = scipy.sparse.random(50, 40, density=0.1, format="csr", random_state=0)

    assert load(estimator) == ""
    again = load_skops(dump_skops(matrix), "x", ["scipy.sparse._csr.csr_matrix"])

    assert (again != matrix).nnz == 0


def test_a_compressed_archive_is_not_unpacked(estimator):
    def change(name, content):
        return content if name == "schema.json" else bytes(50_000_000)

    bomb = repacked(estimator, change, zipfile.ZIP_DEFLATED)

    assert len(bomb) < 500_000
    assert "compressed, or overlaps" in load(bomb)


def test_members_that_overlap_are_refused():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("schema.json", b"{}")
        archive.writestr("a.npy", bytes(100_000))
        for i in range(1000):
            twin = copy.copy(archive.getinfo("a.npy"))
            twin.filename = f"{i}.npy"
            archive.filelist.append(twin)

    assert "compressed, or overlaps" in load(data.getvalue())


@pytest.mark.parametrize("shape", [(10**9,), (2, 10**10), (-1,), (10**18, 0, 10**18)])
def test_an_array_that_states_another_shape_takes_no_memory(estimator, shape):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    content = header.getvalue() + bytes(8)

    def change(name, old):
        return content if name.endswith(".npy") else old

    assert "does not fill its bytes" in load(repacked(estimator, change))


def test_a_sparse_matrix_that_unpacks_to_gigabytes_is_refused():
    matrix = skops.io.dumps(scipy.sparse.eye(10, format="csr"))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("data", "indices"):
            archive.writestr(f"{name}.npy", b"")
            # The directory states what a real bomb would have.
            archive.getinfo(f"{name}.npy").file_size = 2**30

    def change(name, old):
        return bomb.getvalue() if name.endswith(".npz") else old

    assert "unpack to more than" in load(repacked(matrix, change))


def test_an_array_in_a_sparse_matrix_that_states_another_shape_is_refused():
    matrix = skops.io.dumps(scipy.sparse.eye(10, format="csr"))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9,)}
    )

    def change(name, old):
        return (
            repacked(old, lambda *_: header.getvalue()) if name[-4:] == ".npz" else old
        )

    assert "does not fill its bytes" in load(repacked(matrix, change))


DUMP = """
import hashlib
import numpy as np
from sklearn.linear_model import LogisticRegression
from headstart.sdk import Learner, Matrix, Resources, Rows, Task, TaskKind


class Plain(Learner):
    name = "plain"

    def build(self, task, parameters, resources):
        return LogisticRegression()


rng = np.random.default_rng(0)
rows = Rows(Matrix(rng.normal(size=(30, 2)), ("a", "b")), np.arange(30) % 2)
task = Task(TaskKind.BINARY, 30, 2, 0, 2, "log_loss")
learner = Plain()
parts = learner.dump(learner.fit(task, {}, rows, None, Resources()))
print(sorted((k, hashlib.sha256(v).hexdigest()) for k, v in parts.items()))
"""


@pytest.mark.slow
def test_a_learner_stores_the_same_bytes_in_every_process():
    first, second = (
        subprocess.run(
            [sys.executable, "-c", DUMP], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert first == second
    assert "model.skops" in first
