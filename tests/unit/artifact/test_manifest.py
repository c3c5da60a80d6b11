import json
import re

import numpy as np
import pytest

from headstart.artifact import Limits, manifest
from headstart.artifact.manifest import (
    Manifest,
    PartRecord,
    check_part_names,
    parse_manifest,
)
from headstart.exceptions import ArtifactError

MADE_BY = {"headstart": "0.1.0", "python": "3.12.1"}
ABSENT = object()


def record(**changes):
    """Return a sound manifest as a dict, with `changes` made and its checksum right."""
    made = json.loads(Manifest({}, MADE_BY, {"a": PartRecord.of(b"a")}).to_bytes())
    del made["checksum"]
    made |= changes
    made = {key: value for key, value in made.items() if value is not ABSENT}
    return made | {"checksum": manifest._checksum(made)}


def parse(value, limits=None):
    return parse_manifest(json.dumps(value).encode(), limits or Limits())


def test_what_is_written_is_read_back():
    written = Manifest(
        {"x": [1, 2.5, "é", None, {"deep": True}], "\ud800": "lone surrogate"},
        MADE_BY,
        {"b/c": PartRecord.of(b"1"), "a": PartRecord.of(b"")},
    )

    assert parse_manifest(written.to_bytes()) == written


def test_numpy_floats_and_tuples_become_plain_json():
    written = Manifest({"x": (np.float64(0.1), 1)}, MADE_BY, {})

    assert parse_manifest(written.to_bytes()).content == {"x": [0.1, 1]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": {"b": float("nan")}}, r"manifest\['a'\]\['b'\] is nan.*use None"),
        ({"a": [0, float("-inf")]}, r"manifest\['a'\]\[1\] is -inf"),
        ({"a": {1: 2}}, r"Keys in manifest\['a'\] must be str. Got 1\."),
        ({"a": {1, 2}}, r"manifest\['a'\] must be a JSON value .* Got set\."),
        ({"a": np.int64(3)}, r"manifest\['a'\] must be a JSON value .* Got int64\."),
        ({"a": b"x"}, "Got bytes"),
        ({"a": 10**101}, r"manifest\['a'\] has more than 100 digits"),
    ],
)
def test_content_that_would_not_come_back_is_refused(content, message):
    with pytest.raises(ArtifactError, match=message):
        Manifest(content, MADE_BY, {}).to_bytes()


def test_content_may_be_as_deep_as_is_read_and_no_deeper():
    def nested(depth):
        value = []
        for _ in range(depth - 1):
            value = [value]
        return Manifest({"x": value}, MADE_BY, {})

    assert parse_manifest(nested(62).to_bytes()) == nested(62)
    with pytest.raises(ArtifactError, match="nested deeper than 64 levels"):
        nested(63).to_bytes()


def test_an_endless_content_is_refused():
    content = {}
    content["self"] = content

    with pytest.raises(ArtifactError, match="nested deeper than 64 levels"):
        Manifest(content, MADE_BY, {}).to_bytes()


def test_largest_integers_are_read_back():
    content = {"x": [10**99 - 1, 1 - 10**99 // 10]}

    assert parse_manifest(Manifest(content, MADE_BY, {}).to_bytes()).content == content


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[1] 2", b'{"a": \x00}'])
def test_what_is_not_json_is_refused(data):
    with pytest.raises(ArtifactError, match=r"manifest\.json is not JSON"):
        parse_manifest(data)


@pytest.mark.parametrize(
    "value", [None, 1, [], "headstart-model", {}, {"format": "other"}, {"format": [1]}]
)
def test_json_that_is_not_a_models_is_refused(value):
    with pytest.raises(ArtifactError, match="not a model that headstart saved"):
        parse(value)


@pytest.mark.parametrize("depth", [65, 1_000, 1_000_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_json_is_refused_before_it_is_parsed(depth, opening):
    with pytest.raises(ArtifactError, match="nested deeper than 64 levels"):
        parse_manifest(opening * depth)


def test_brackets_inside_of_strings_do_not_count():
    content = {"x": "[" * 500, "y": '\\"[[[' * 50}

    assert parse_manifest(Manifest(content, MADE_BY, {}).to_bytes()).content == content


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * 101, "a number of 101 digits"),
        ("1" * 100_000, "a number of 100000 digits"),
        ("1e400", "the number 1e400: too large"),
        ("NaN", "has NaN, which JSON"),
        ("-Infinity", "has -Infinity, which JSON"),
    ],
)
def test_absurd_numbers_are_refused(text, message):
    data = json.dumps(record(content={"x": "HERE"})).replace('"HERE"', text)

    with pytest.raises(ArtifactError, match=message):
        parse_manifest(data.encode())


def test_a_key_that_comes_twice_is_refused():
    data = json.dumps(record()).replace('"format":', '"format": "x", "format":', 1)

    with pytest.raises(ArtifactError, match="has the key 'format' twice"):
        parse_manifest(data.encode())


def test_many_doubled_keys_are_refused_quickly():
    data = "{" + ",".join(f'"{i}":0' for i in range(200_000)) + ',"199999":0}'

    with pytest.raises(ArtifactError, match="has the key '199999' twice"):
        parse_manifest(data.encode())


def test_any_change_of_the_content_breaks_the_checksum():
    changed = record() | {"content": {"x": 1}}

    with pytest.raises(ArtifactError, match="its checksum differs"):
        parse(changed)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extra": 1}, r"These are missing or too many: 'extra'\."),
        ({"parts": ABSENT}, r"missing or too many: 'parts'\."),
        ({"content": ABSENT}, r"missing or too many: 'content'\."),
        ({"content": []}, r"content in manifest\.json must be an object. Got \[\]\."),
        ({"parts": []}, "parts in .* must be an object"),
        ({"made_by": "me"}, "made_by in .* must be an object"),
        ({"made_by": {}}, "made_by in .* that has 'headstart'"),
        ({"made_by": {"headstart": 1}}, r"made_by\.headstart .* version as a string"),
        ({"parts": {"a": []}}, r"parts\.a .* object of 'sha256' and 'size'"),
        ({"parts": {"a": {"size": 1}}}, r"parts\.a .* object of 'sha256' and 'size'"),
    ],
)
def test_wrong_types_are_refused(changes, message):
    with pytest.raises(ArtifactError, match=message):
        parse(record(**changes))


@pytest.mark.parametrize("size", [-1, 1.0, True, "1", None, [1]])
def test_a_size_must_be_a_count(size):
    part = {"sha256": "0" * 64, "size": size}

    with pytest.raises(ArtifactError, match=r"parts\.a\.size .* must be an int >= 0"):
        parse(record(parts={"a": part}))


@pytest.mark.parametrize("sha256", ["", "0" * 63, "G" * 64, 0, None, "0" * 65])
def test_a_sha256_must_be_hexadecimal(sha256):
    part = {"sha256": sha256, "size": 0}

    with pytest.raises(ArtifactError, match=r"parts\.a\.sha256 .* 64 hexadecimal"):
        parse(record(parts={"a": part}))


def test_sizes_beyond_the_limits_are_refused():
    part = {"sha256": "0" * 64, "size": 10**30}
    with pytest.raises(ArtifactError, match="Part 'a' has 1000000000000000000"):
        parse(record(parts={"a": part}))

    many = {str(i): {"sha256": "0" * 64, "size": 2**32} for i in range(17)}
    with pytest.raises(ArtifactError, match="parts have 73014444032 bytes together"):
        parse(record(parts=many))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../up",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "C:/windows",
        "C:",
        "a\\b",
        "a b",
        "a\n",
        "a\x00b",
        "ä",
        ".hidden",
        "a/.hidden",
        "dot./b",
        "a" * 201,
        "manifest.json",
        "Manifest.JSON",
    ],
)
def test_unsafe_names_are_refused_by_writer_and_reader(name):
    with pytest.raises(ArtifactError, match="name"):
        Manifest({}, MADE_BY, {name: PartRecord.of(b"")}).to_bytes()
    with pytest.raises(ArtifactError, match="name"):
        parse(record(parts={name: {"sha256": "0" * 64, "size": 0}}))


@pytest.mark.parametrize(
    "name", ["a", "a/b.c/d-e_f", "_x", "-", "0", "a..b", "a" * 200]
)
def test_plain_names_are_taken(name):
    check_part_names([name])


def test_names_that_differ_in_case_only_are_refused():
    with pytest.raises(ArtifactError, match="Got 'A/b' and 'a/B'"):
        check_part_names(["a/B", "A/b"])


@pytest.mark.parametrize("names", [["a", "a/b"], ["a/b/c", "A"], ["manifest.json/x"]])
def test_a_part_cannot_lie_in_a_part(names):
    with pytest.raises(ArtifactError, match="which is a part, not a folder"):
        check_part_names(names)


def test_a_message_never_carries_control_characters():
    with pytest.raises(ArtifactError) as raised:
        check_part_names(["\x1b]0;title\x07"])

    assert re.search(r"[\x00-\x1f\x7f]", str(raised.value)) is None


def test_a_newer_format_says_which_headstart_made_it():
    newer = {
        "format": "headstart-model",
        "format_version": 7,
        "made_by": {"headstart": "3.2.1"},
        "wholly": "different",
    }

    with pytest.raises(
        ArtifactError,
        match=r"saved by headstart 3\.2\.1, in format 7.*formats up to 1.*"
        r"pip install 'headstart>=3\.2\.1'",
    ):
        parse(newer)


@pytest.mark.parametrize(
    "maker", [None, 3, "1.0'; rm -rf ~", "\x1b[31m9.9", "9" * 50, "unknown"]
)
def test_a_newer_format_by_an_odd_maker_repeats_nothing_of_it(maker):
    newer = {
        "format": "headstart-model",
        "format_version": 2,
        "made_by": {"headstart": maker},
    }

    with pytest.raises(ArtifactError, match=r"a newer headstart.*install -U headstart"):
        parse(newer)


@pytest.mark.parametrize("version", [0, -1, 1.0, True, "1", None])
def test_a_format_version_must_be_a_count(version):
    with pytest.raises(ArtifactError, match=r"'format_version' .* must be an int >= 1"):
        parse(record(format_version=version))


def test_an_older_format_is_migrated_step_by_step(monkeypatch):
    def rename(old):
        return old | {"content": {"renamed": old["content"]["x"]}}

    def add(old):
        return old | {"content": old["content"] | {"added": 2}}

    older = json.dumps(record(content={"x": 1})).encode()
    monkeypatch.setattr(manifest, "FORMAT_VERSION", 3)
    monkeypatch.setattr(manifest, "MIGRATIONS", {1: rename, 2: add})

    assert parse_manifest(older).content == {"renamed": 1, "added": 2}


def test_an_older_format_without_a_migration_says_what_to_do(monkeypatch):
    older = json.dumps(record()).encode()
    monkeypatch.setattr(manifest, "FORMAT_VERSION", 3)
    monkeypatch.setattr(manifest, "MIGRATIONS", {2: dict})

    with pytest.raises(ArtifactError, match=r"format 1, saved by headstart 0\.1\.0"):
        parse_manifest(older)
