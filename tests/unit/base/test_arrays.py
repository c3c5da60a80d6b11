import io
import zipfile

import numpy as np
import pytest

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError

EXPECTED = {"coef": ("f", 2), "flags": ("b", 1), "rounds": ("iu", 0)}


def sample():
    return {
        "coef": np.arange(6.0).reshape(2, 3),
        "flags": np.array([True, False]),
        "rounds": np.array(7, dtype=np.uint16),
    }


def npz(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def test_arrays_come_back_as_they_were():
    arrays = sample()
    found = unpack_arrays(pack_arrays(arrays), EXPECTED)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable


def test_the_same_arrays_give_the_same_bytes():
    assert pack_arrays(sample()) == pack_arrays(dict(reversed(sample().items())))


def test_any_memory_order_and_byte_order_is_stored():
    arrays = {"a": np.asfortranarray(np.arange(6.0).reshape(2, 3)).astype(">f8")}
    found = unpack_arrays(pack_arrays(arrays), {"a": ("f", 2)})
    np.testing.assert_array_equal(found["a"], np.arange(6.0).reshape(2, 3))


def test_empty_arrays_are_stored():
    found = unpack_arrays(pack_arrays({"a": np.zeros((0, 3))}), {"a": ("f", 2)})
    assert found["a"].shape == (0, 3)


def test_objects_and_strings_are_not_written():
    for array in (np.array([object()]), np.array(["x"])):
        with pytest.raises(TypeError, match="'a' must hold"):
            pack_arrays({"a": array})


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("not a zip", b"nonsense"),
        ("empty", b""),
        ("cut off", pack_arrays(sample())[:-30]),
        ("one missing", pack_arrays({"coef": np.zeros((1, 1))})),
        ("one too many", pack_arrays(sample() | {"more": np.zeros(1)})),
        ("other kind", pack_arrays(sample() | {"coef": np.zeros((1, 1), int)})),
        ("other dimensions", pack_arrays(sample() | {"coef": np.zeros(1)})),
    ],
)
def test_what_is_not_expected_is_refused(case, data):
    with pytest.raises(ArtifactError):
        unpack_arrays(data, EXPECTED)


def test_pickled_objects_are_refused():
    data = npz([("a.npy", npy(np.array([print], dtype=object), allow_pickle=True))])
    with pytest.raises(ArtifactError, match="dtype object"):
        unpack_arrays(data, {"a": ("fO", 1)})


def test_compressed_members_are_refused():
    data = npz([("a.npy", npy(np.zeros(100_000)))], zipfile.ZIP_DEFLATED)
    with pytest.raises(ArtifactError, match="compressed"):
        unpack_arrays(data, {"a": ("f", 1)})


def test_doubled_members_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = npz([("a.npy", npy(np.zeros(1))), ("a.npy", npy(np.ones(1)))])
    with pytest.raises(ArtifactError, match=r"must be \['a.npy'\]"):
        unpack_arrays(data, {"a": ("f", 1)})


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-1,)", "(3,)", "(2, 1)"])
def test_a_shape_that_lies_is_refused(shape):
    honest = npy(np.zeros(2))
    header = repr({"descr": "<f8", "fortran_order": False, "shape": 0})
    header = header.replace("0}", shape + "}").ljust(117) + "\n"
    data = honest[:8] + len(header).to_bytes(2, "little") + header.encode()
    data += honest[-16:]
    with pytest.raises(ArtifactError, match=r"must fill|must have"):
        unpack_arrays(npz([("a.npy", data)]), {"a": ("f", 1)})


def test_column_order_arrays_are_refused():
    data = npz([("a.npy", npy(np.asfortranarray(np.ones((2, 3)))))])
    with pytest.raises(ArtifactError, match="C order"):
        unpack_arrays(data, {"a": ("f", 2)})


def test_every_single_flipped_byte_is_read_or_refused():
    whole = pack_arrays({"a": np.arange(3.0)})
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 0xFF
        try:
            found = unpack_arrays(bytes(data), {"a": ("f", 1)})
        except ArtifactError:
            continue
        assert found["a"].shape == (3,)
