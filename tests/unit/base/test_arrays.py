import json

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


def stored(header, values):
    """Return what a hand could write: a header of any form, then bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values


def test_arrays_come_back_as_they_were():
    arrays = sample()
    unpacked = unpack_arrays(pack_arrays(arrays), EXPECTED)
    for name, array in arrays.items():
        np.testing.assert_array_equal(unpacked[name], array)
        assert unpacked[name].dtype == array.dtype
        assert unpacked[name].flags.writeable


def test_the_same_arrays_give_the_same_bytes():
    assert pack_arrays(sample()) == pack_arrays(dict(reversed(sample().items())))


def test_any_memory_order_and_byte_order_is_stored():
    arrays = {"a": np.asfortranarray(np.arange(6.0).reshape(2, 3)).astype(">f8")}
    unpacked = unpack_arrays(pack_arrays(arrays), {"a": ("f", 2)})
    np.testing.assert_array_equal(unpacked["a"], np.arange(6.0).reshape(2, 3))


def test_empty_arrays_are_stored():
    unpacked = unpack_arrays(pack_arrays({"a": np.zeros((0, 3))}), {"a": ("f", 2)})
    assert unpacked["a"].shape == (0, 3)


def test_objects_and_strings_are_not_written():
    for array in (np.array([object()]), np.array(["x"])):
        with pytest.raises(TypeError, match="'a' must hold"):
            pack_arrays({"a": array})


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("noise", b"nonsense"),
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


def test_wide_numbers_are_not_written():
    with pytest.raises(TypeError, match="'a' must hold"):
        pack_arrays({"a": np.zeros(1, np.longdouble)})


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "u8", "f2", "f4", "f8"])
def test_every_type_of_plain_numbers_comes_back(dtype):
    array = np.array([0, 1, 1], dtype)
    unpacked = unpack_arrays(pack_arrays({"a": array}), {"a": (array.dtype.kind, 1)})
    np.testing.assert_array_equal(unpacked["a"], array)
    assert unpacked["a"].dtype == array.dtype


def test_the_form_is_that_of_safetensors():
    data = pack_arrays({"b": np.array([True]), "a": np.array([[1.5, 2.0]])})
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {
        "a": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]},
        "b": {"dtype": "BOOL", "shape": [1], "data_offsets": [16, 17]},
    }
    assert data[8 + length :] == np.array([1.5, 2.0], "<f8").tobytes() + b"\1"


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F64", "shape": [1000000000000], "data_offsets": [0, 16]},
        {"dtype": "F64", "shape": [-1], "data_offsets": [0, 16]},
        {"dtype": "F64", "shape": [3], "data_offsets": [0, 16]},
        {"dtype": "F64", "shape": [2, 1], "data_offsets": [0, 16]},
        {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
        {"dtype": "F64", "shape": [2], "data_offsets": [8, 24]},
        {"dtype": "F64", "shape": [2**62], "data_offsets": [0, 16]},
        {"dtype": "F4", "shape": [32], "data_offsets": [0, 16]},
        {"dtype": "object", "shape": [2], "data_offsets": [0, 16]},
        {"dtype": "F64", "shape": [2]},
        [],
    ],
)
def test_a_header_that_lies_is_refused(entry):
    honest = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}
    assert unpack_arrays(stored({"a": honest}, bytes(16)), {"a": ("f", 1)})["a"].size

    with pytest.raises(ArtifactError):
        unpack_arrays(stored({"a": entry}, bytes(16)), {"a": ("f", 1)})


def test_names_that_come_twice_are_refused():
    entry = b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    with pytest.raises(ArtifactError, match="'a' comes twice"):
        unpack_arrays(stored(b"{%b,%b}" % (entry, entry), b"1"), {"a": ("u", 1)})


def test_booleans_that_are_neither_are_refused():
    entry = {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}
    with pytest.raises(ArtifactError, match="neither 0 nor 1"):
        unpack_arrays(stored({"a": entry}, b"\2"), {"a": ("b", 1)})


def test_empty_arrays_of_absurd_shapes_are_refused():
    entry = {"dtype": "U8", "shape": [0, 2**63], "data_offsets": [0, 0]}
    with pytest.raises(ArtifactError):
        unpack_arrays(stored({"a": entry}, b""), {"a": ("u", 2)})


def test_every_single_flipped_byte_is_read_or_refused():
    whole = pack_arrays({"a": np.arange(3.0)})
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 0xFF
        try:
            unpacked = unpack_arrays(bytes(data), {"a": ("f", 1)})
        except ArtifactError:
            continue
        assert unpacked["a"].shape == (3,)
