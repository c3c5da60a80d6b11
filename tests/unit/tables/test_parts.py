import io
import pickle
import zipfile

import numpy as np
import pytest

from headstart.exceptions import ArtifactError
from headstart.tables import pack_arrays, unpack_arrays

EXPECTED = {"a": "<f8", "b": "<i4"}
ARRAYS = {"a": np.array([1.5, np.nan]), "b": np.zeros(0, dtype=np.int32)}


def zipped(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npy(values):
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


def test_arrays_come_back():
    found = unpack_arrays(pack_arrays(ARRAYS), EXPECTED)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


def test_same_arrays_give_the_same_bytes():
    assert pack_arrays(ARRAYS) == pack_arrays(ARRAYS)


def test_numpy_reads_the_file_too():
    found = np.load(io.BytesIO(pack_arrays(ARRAYS)), allow_pickle=False)
    np.testing.assert_array_equal(found["a"], ARRAYS["a"])


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("code was run",))


GOOD = npy(np.zeros(2))
HUGE = GOOD.replace(b"(2,)", b"(9999999999999,)").replace(b" " * 12, b"", 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip",
        zipped({}),
        zipped({"a.npy": GOOD, "b.npy": GOOD}),
        zipped({"a.npy": npy(np.zeros(1)), "b.npy": npy(np.zeros(1, "<i4"))})[:-9],
        zipped({"../a.npy": GOOD}),
        zipped({"a.npy": npy(np.array([Bomb()], dtype=object))}),
        zipped({"a.npy": pickle.dumps(Bomb())}),
        zipped({"a.npy": HUGE}),
        zipped({"a.npy": GOOD[:-1]}),
        zipped({"a.npy": npy(np.zeros((2, 2)))}),
        zipped({"a.npy": npy(np.float64(3))}),
        zipped({"a.npy": npy(np.zeros(10**6))}, zipfile.ZIP_DEFLATED),
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(ArtifactError):
        unpack_arrays(data, {"a": "<f8"})
