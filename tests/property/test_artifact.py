"""What always holds of model files, whatever is in them and whatever befalls them."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headstart.artifact import read_artifact, write_artifact
from headstart.exceptions import ArtifactError

SEGMENT = st.from_regex(
    r"[A-Za-z0-9_-]([A-Za-z0-9._-]{0,9}[A-Za-z0-9_-])?", fullmatch=True
)
NAME = st.lists(SEGMENT, min_size=1, max_size=3).map("/".join)
BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda piece, n: piece * n,
        st.binary(min_size=1, max_size=9),
        st.integers(0, 400),
    ),
)


def are_apart(names):
    """Whether `names` can all be files of one folder."""
    lower = [name.lower() for name in names]
    inside = any(
        a != b and a.startswith(f"{b}/")
        for a in lower
        for b in [*lower, "manifest.json"]
    )
    return not inside and len(set(lower)) == len(lower) and "manifest.json" not in lower


PARTS = st.dictionaries(NAME, BYTES, max_size=4).filter(are_apart)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**90), 10**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FAST = settings(max_examples=50, deadline=None)
THOROUGH = settings(
    max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck)
)


def written(parts):
    with tempfile.TemporaryDirectory() as folder:
        write_artifact(f"{folder}/m", parts)
        return Path(folder, "m").read_bytes()


def read(data):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "m").write_bytes(data)
        return dict(read_artifact(f"{folder}/m").parts)


def check_round_trip(parts, ending):
    with tempfile.TemporaryDirectory() as folder:
        write_artifact(f"{folder}/m{ending}", parts)
        assert dict(read_artifact(f"{folder}/m{ending}").parts) == parts


def check_damage(parts, damage):
    """Whatever `damage` does to the bytes is refused, unless it leaves them alone."""
    data = written(parts)
    changed = damage(data)
    if changed == data:
        return
    with pytest.raises(ArtifactError):
        read(changed)


@st.composite
def damages(draw):
    """Cut, flip, insert, delete, repeat or move some bytes."""
    kind = draw(st.sampled_from(["cut", "flip", "insert", "delete", "repeat", "move"]))
    a, b, c = sorted(draw(st.tuples(*[st.floats(0, 1)] * 3)))
    new = draw(st.binary(min_size=1, max_size=8))

    def damage(data):
        i, j, k = (int(share * len(data)) for share in (a, b, c))
        if kind == "cut":
            return data[:i]
        if kind == "flip":
            return data[:i] + new[: len(data) - i] + data[i + len(new) :]
        if kind == "insert":
            return data[:i] + new + data[i:]
        if kind == "delete":
            return data[:i] + data[j:]
        if kind == "repeat":
            return data[:j] + data[i:]
        return data[:i] + data[j:k] + data[i:j] + data[k:]

    return damage


@st.composite
def record_damages(draw):
    """Set one byte of the headers and directory, where readers are led astray."""
    which = draw(st.integers(0, 11))
    offset = draw(st.integers(0, 60))
    value = draw(
        st.sampled_from([0, 1, 8, 0x7F, 0x80, 0xFE, 0xFF]) | st.integers(0, 255)
    )

    def damage(data):
        marks = [i for i in range(len(data) - 3) if data[i : i + 2] == b"PK"]
        at = min(marks[which % len(marks)] + offset, len(data) - 1)
        return data[:at] + bytes([value]) + data[at + 1 :]

    return damage


@pytest.mark.parametrize("ending", ["", "/"])
@FAST
@given(PARTS)
def test_content_comes_back_as_it_went(ending, parts):
    check_round_trip(parts, ending)


@FAST
@given(PARTS)
def test_order_of_parts_changes_no_byte(parts):
    backwards = dict(reversed(parts.items()))

    assert written(parts) == written(backwards)


@FAST
@given(PARTS, damages() | record_damages())
def test_damage_is_noticed(parts, damage):
    check_damage(parts, damage)


@FAST
@given(st.binary(max_size=400), st.booleans())
def test_noise_is_refused(noise, begins_well):
    with pytest.raises(ArtifactError):
        read(b"PK\3\4" * begins_well + noise)


@FAST
@given(PARTS, st.data())
def test_damage_to_the_manifest_of_a_folder_is_noticed(parts, data):
    with tempfile.TemporaryDirectory() as folder:
        write_artifact(f"{folder}/m/", parts)
        path = Path(folder, "m", "manifest.json")
        before = path.read_bytes()
        text = bytearray(before)
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(text)
        if text == before:
            return
        with pytest.raises(ArtifactError):
            read_artifact(f"{folder}/m")


@FAST
@given(
    JSON
    | st.dictionaries(
        st.sampled_from(["format", "format_version", "parts", "made_by", "checksum"]),
        JSON,
    )
)
def test_json_that_is_no_manifest_is_refused(value):
    if isinstance(value, dict):
        value["format"] = "headstart-model"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "manifest.json").write_text(json.dumps(value))
        with pytest.raises(ArtifactError):
            read_artifact(folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@THOROUGH
@given(PARTS, damages() | record_damages())
def test_damage_is_noticed_thoroughly(parts, damage):
    check_damage(parts, damage)


@pytest.mark.slow
@pytest.mark.timeout(900)
@THOROUGH
@given(PARTS, st.sampled_from(["", "/"]))
def test_content_comes_back_as_it_went_thoroughly(parts, ending):
    check_round_trip(parts, ending)
