"""Files made to do harm: each is refused, in little memory, and runs nothing."""

import hashlib
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from headstart.artifact import Limits, read_artifact, write_artifact
from headstart.exceptions import ArtifactError

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")


class Entry:
    """A member of a ZIP file, every field of which can be set to anything."""

    def __init__(self, name, content=b"", method=0, **fields):
        self.name = name if isinstance(name, bytes) else name.encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.data = packer.compress(content) + packer.flush() if method else content
        self.local = {
            "version": 20,
            "flags": 0,
            "method": method,
            "time": 0,
            "date": 33,
            "crc": zlib.crc32(content),
            "packed": len(self.data),
            "size": len(content),
            "extra": b"",
        }
        self.local |= {k: v for k, v in fields.items() if k in self.local}
        self.central = {
            "made_by": 3 << 8 | 20,
            "comment": b"",
            "disk": 0,
            "internal": 0,
        }
        self.central |= {"attributes": 0o100644 << 16, "offset": None} | fields

    def header(self):
        f = self.local
        fixed = (b"PK\3\4", f["version"], f["flags"], f["method"], f["time"], f["date"])
        sizes = (f["crc"], f["packed"], f["size"], len(self.name), len(f["extra"]))
        return LOCAL.pack(*fixed, *sizes) + self.name + f["extra"]

    def record(self, offset):
        f = self.local | self.central
        fixed = (b"PK\1\2", f["made_by"], f["version"], f["flags"], f["method"])
        sizes = (f["time"], f["date"], f["crc"], f["packed"], f["size"])
        lengths = (len(self.name), len(f["extra"]), len(f["comment"]))
        where = offset if f["offset"] is None else f["offset"]
        rest = (f["disk"], f["internal"], f["attributes"], where)
        return (
            CENTRAL.pack(*fixed, *sizes, *lengths, *rest)
            + self.name
            + f["extra"]
            + f["comment"]
        )


def zipped(entries, *, count=None, directory=None, start=None, comment=b"", gap=b""):
    body = b""
    records = b""
    for entry in entries:
        records += entry.record(len(body))
        body += entry.header() + entry.data
    body += gap
    if directory is not None:
        records = directory
    n = len(entries) if count is None else count
    at = len(body) if start is None else start
    end = END.pack(b"PK\5\6", 0, 0, n, n, len(records), at, len(comment))
    return body + records + end + comment


def manifest(parts, **changes):
    """Return an entry with a manifest whose checksums are all right."""
    record = {
        "format": "headstart-model",
        "format_version": 2,
        "made_by": {"headstart": "0.1.0"},
        "parts": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in parts.items()
        },
    } | changes
    covered = json.dumps(record)[:-1]
    checksum = hashlib.sha256(covered.encode()).hexdigest()
    text = f'{covered},\n "checksum": "{checksum}"\n}}\n'
    return Entry("manifest.json", text.encode())


@pytest.fixture
def load(tmp_path):
    """Give a function that loads a file and all its parts in at most 20 MB."""

    def load(data, limits=None):
        (tmp_path / "m").write_bytes(data)
        tracemalloc.start()
        try:
            artifact = read_artifact(tmp_path / "m", limits=limits or Limits())
            return {name: artifact.parts[name] for name in artifact.parts}
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 20e6

    return load


def test_a_file_made_by_hand_in_the_same_form_is_read(load):
    parts = {"a": b"1" * 1000, "b/c": b""}
    entries = [manifest(parts), Entry("a", parts["a"]), Entry("b/c")]

    assert load(zipped(entries)) == parts


def test_a_zip_bomb_is_not_unpacked(load):
    bomb = Entry("a", bytes(10**9 // 4), 8)

    with pytest.raises(ArtifactError, match="record of part 'a' is not as headstart"):
        load(zipped([manifest({}), bomb]))


def test_a_manifest_that_is_a_zip_bomb_is_a_file_of_format_1(load):
    bomb = Entry("manifest.json", bytes(10**9 // 4), 8)

    with pytest.raises(ArtifactError, match=r"in format 1, .* hint: fit the model aga"):
        load(zipped([bomb]))


def test_a_part_that_states_an_absurd_size_takes_no_memory(load):
    entry = Entry("a", b"x", size=2**32 - 1, packed=2**32 - 1)

    with pytest.raises(ArtifactError):
        load(zipped([manifest({}), entry]))


@pytest.mark.parametrize(
    ("size", "packed"), [(2**40, 2**40), (2**33, 2**33), (2**33, 5), (5, 2**64 - 1)]
)
def test_a_part_that_states_an_absurd_size_in_64_bits_takes_no_memory(
    load, size, packed
):
    entry = Entry(
        "a",
        b"x",
        size=2**32 - 1,
        packed=2**32 - 1,
        extra=struct.pack("<2H2Q", 1, 16, size, packed),
        version=45,
        made_by=3 << 8 | 45,
    )

    for entries in ([manifest({}), entry], [manifest({}), entry, entry]):
        with pytest.raises(
            ArtifactError, match=r"not as headstart writes it|not match"
        ):
            load(zipped(entries))


@pytest.mark.parametrize(
    ("n", "length", "start"),
    [
        (1, 2**40, 0),
        (1, 0, 2**40),
        (1, 2**63, 2**63),
        (1, 2**32, 2**32),
        (2**50, 46, 99),
        (2**16 + 1, 0, None),
    ],
)
def test_a_directory_that_states_64_bits_takes_no_memory(load, n, length, start):
    small = zipped([manifest({})])
    start = len(small) - END.size if start is None else start
    end = struct.pack("<4sQ2H2L2Q", b"PK\6\6", 44, 3 << 8 | 45, 45, 0, 0, n, n)
    end += struct.pack("<2Q", length, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, (start + length) % 2**64, 1)
    last = END.pack(b"PK\5\6", 0, 0, 1, 1, 2**32 - 1, 2**32 - 1, 0)

    with pytest.raises(ArtifactError):
        load(small[: -END.size] + end + locator + last)


def test_a_stored_part_cannot_state_two_sizes(load):
    entry = Entry("a", b"xy", packed=2, size=100)

    with pytest.raises(ArtifactError, match="record of part 'a' is not as headstart"):
        load(zipped([manifest({"a": b"xy"}), entry]))


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../../b", "C:/a", "a\\b", "a\x00", ".", "a//b", "a/"]
)
def test_names_that_leave_the_folder_are_refused(load, name):
    entries = [manifest({name: b"x"}), Entry(name, b"x")]

    with pytest.raises(ArtifactError, match="name of a part must be a relative path"):
        load(zipped(entries))


@pytest.mark.parametrize("name", [b"\xff\xfe", "ä".encode(), "‮gpj".encode()])
@pytest.mark.parametrize("flags", [0, 0x800])
def test_names_that_are_not_ascii_are_refused(load, name, flags):
    with pytest.raises(ArtifactError, match="must be plain ASCII"):
        load(zipped([manifest({}), Entry(name, b"x", flags=flags)]))


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": 0o120777 << 16},  # a link
        {"attributes": 0o020666 << 16},  # a device
        {"flags": 0x1},  # encrypted
        {"flags": 0x41},  # strongly encrypted
        {"flags": 0x8},  # sizes behind the data
        {"flags": 0x800},
        {"method": 8},  # deflated
        {"method": 99},  # AES
        {"method": 14},  # LZMA
        {"method": 9},  # Deflate64
        {"extra": b"\x01\x00\x10\x00" + bytes(16)},  # ZIP64
        {"extra": b"\x75\x70\x05\x00\x01abcd"},  # another name
        {"comment": b"hello"},
        {"disk": 1},
        {"version": 45},
        {"made_by": 0},
        {"date": 34},
        {"offset": 0},  # the manifest's bytes once more
        {"offset": 1},
        {"offset": 2**32 - 1},
    ],
)
def test_records_in_another_form_are_refused(load, fields):
    entry = Entry("a", b"x", **fields)

    with pytest.raises(ArtifactError, match="record of part 'a' is not as headstart"):
        load(zipped([manifest({"a": b"x"}), entry]))


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", 2), ("packed", 2), ("crc", 0), ("method", 8), ("flags", 1), ("date", 0)],
)
def test_a_header_that_contradicts_the_directory_is_refused(load, field, value):
    entry = Entry("a", b"x")
    entry.central |= entry.local
    entry.local[field] = value

    with pytest.raises(ArtifactError, match="header of part 'a' is damaged"):
        load(zipped([manifest({"a": b"x"}), entry]))


def test_a_header_with_another_name_is_refused(load):
    data = zipped([manifest({"a": b"x"}), Entry("a", b"x")])
    at = data.rindex(b"PK\3\4") + LOCAL.size

    with pytest.raises(ArtifactError, match="header of part 'a' is damaged"):
        load(data[:at] + b"b" + data[at + 1 :])


@pytest.mark.parametrize("name", ["a", "manifest.json"])
def test_two_parts_of_one_name_are_refused(load, name):
    entries = [manifest({"a": b"x"}), Entry("a", b"x"), Entry(name, b"y")]

    with pytest.raises(ArtifactError, match=f"two parts of the name '{name}'"):
        load(zipped(entries))


def test_overlapping_parts_are_refused(load):
    # The quoted form of a bomb: one stream of bytes is the data of many members.
    kernel = Entry("b", b"x" * 1000)
    outer = Entry("a", kernel.header() + kernel.data)
    first = manifest({})
    data = zipped([first, outer])
    inner = len(first.header() + first.data) + len(outer.header())
    records = first.record(0) + outer.record(len(first.header() + first.data))
    records += kernel.record(inner)
    start = data.index(b"PK\1\2")
    forged = zipped([first, outer], count=3, directory=records, start=start)

    with pytest.raises(ArtifactError, match="record of part 'b' is not as headstart"):
        load(forged)


@pytest.mark.parametrize("count", [3, 4, 1000, 65_535])
def test_a_directory_of_more_parts_than_there_are_is_refused(load, count):
    data = zipped([manifest({"a": b"x"}), Entry("a", b"x")], count=count)

    with pytest.raises(ArtifactError, match=r"lists fewer parts|at most 65000"):
        load(data)


def test_a_directory_of_fewer_parts_than_there_are_is_refused(load):
    entries = [manifest({}), Entry("hidden", b"x")]

    with pytest.raises(ArtifactError, match="does not match the parts before it"):
        load(zipped(entries, count=1))


def test_a_large_directory_of_few_parts_is_not_read(load):
    data = zipped([manifest({})], directory=bytes(30_000_000))

    with pytest.raises(ArtifactError, match="takes 30000000 bytes, too many for 1 par"):
        load(data)


def test_more_parts_than_the_limit_are_refused_unread(load):
    entries = [manifest({})] + [Entry(f"p{i}") for i in range(11)]

    with pytest.raises(ArtifactError, match="holds 12 parts; at most 10 are read"):
        load(zipped(entries), Limits(max_parts=10))


def test_bytes_between_parts_and_directory_are_refused(load):
    with pytest.raises(ArtifactError, match="does not match the parts before it"):
        load(zipped([manifest({})], gap=b"hidden"))


def test_bytes_before_and_after_are_refused(load):
    data = zipped([manifest({})])

    for changed in (b"#!/bin/sh\n" + data, b"PK\3\4" + data, data + b"\0"):
        with pytest.raises(ArtifactError):
            load(changed)


def test_a_comment_is_refused(load):
    with pytest.raises(ArtifactError, match="does not end as it was written"):
        load(zipped([manifest({})], comment=b"hello"))
    # One that ends as a file ends, to be taken for its end by a hasty reader.
    with pytest.raises(ArtifactError, match="not where its last bytes say"):
        load(zipped([manifest({})], comment=END.pack(b"PK\5\6", *(0,) * 7)))


def test_a_file_without_a_manifest_is_refused(load):
    for entries in ([], [Entry("a", b"x")], [Entry("a", b"x"), manifest({"a": b"x"})]):
        with pytest.raises(ArtifactError, match=r"It does not|first member is not"):
            load(zipped(entries))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04\x95", "is not JSON"),
        (b"[" * 1_000_000, "is not JSON"),
        (b'{"a":' * 100_000, "is not JSON"),
        (
            b'{"format": "headstart-model", "format_version": ' + b"9" * 5000 + b"}",
            "must be an int",
        ),
        (b'{"format": "headstart-model", "format_version": 1e999}', "must be an int"),
        (b'{"format": 1, "format": 2}', "duplicate field"),
        (b'{"format": "headstart-model", "format_version": [1]}', "must be an int"),
        (b"null", "not the manifest of a model"),
        (b"{}", "not a model that"),
    ],
)
def test_a_hostile_manifest_is_refused(load, content, message):
    with pytest.raises(ArtifactError, match=message):
        load(zipped([Entry("manifest.json", content)]))


def test_a_part_with_another_content_than_the_manifest_says_is_refused(load):
    with pytest.raises(ArtifactError, match="SHA-256 is not the manifest's"):
        load(zipped([manifest({"a": b"x"}), Entry("a", b"y")]))


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (1, r"saved by headstart 0\.1\.0 in format 1, .* hint: fit the model again"),
        (
            7,
            r"in format 7\. .* format 2\. hint: pip install 'headstart>=0\.1\.0'",
        ),
    ],
)
def test_another_format_is_refused_with_what_to_do(load, version, message):
    with pytest.raises(ArtifactError, match=message):
        load(zipped([manifest({}, format_version=version, wholly="other")]))


def test_parts_that_the_manifest_does_not_list_are_refused(load):
    with pytest.raises(ArtifactError, match="holds 'a', which its manifest does not"):
        load(zipped([manifest({}), Entry("a", b"y")]))


class Harm:
    """Makes a file when its pickle is loaded."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"echo harm > {self.trace}",)


def test_the_pickle_of_these_tests_would_do_harm(tmp_path):
    pickle.loads(pickle.dumps(Harm(tmp_path / "trace")))

    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["m.pkl", "m.skops", "m.safetensors", "schema"])
@pytest.mark.parametrize("ending", ["", "/"])
def test_a_pickle_inside_is_only_bytes(tmp_path, name, ending):
    content = pickle.dumps(Harm(tmp_path / "trace"))
    write_artifact(f"{tmp_path}/m{ending}", {name: content})

    artifact = read_artifact(f"{tmp_path}/m{ending}")
    artifact.verify()

    assert artifact.parts[name] == content
    assert not (tmp_path / "trace").exists()


def test_a_pickle_in_place_of_the_manifest_is_refused(tmp_path):
    content = pickle.dumps(Harm(tmp_path / "trace"))
    (tmp_path / "manifest.json").write_bytes(content)
    (tmp_path / "m").write_bytes(content)
    (tmp_path / "z").write_bytes(zipped([Entry("manifest.json", content)]))

    for path in (tmp_path, tmp_path / "m", tmp_path / "z"):
        with pytest.raises(ArtifactError):
            read_artifact(path)

    assert not (tmp_path / "trace").exists()


def test_a_huge_sparse_file_is_refused_unread(tmp_path):
    with (tmp_path / "m").open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(2**40)
    (tmp_path / "folder").mkdir()
    with (tmp_path / "folder" / "manifest.json").open("wb") as file:
        file.truncate(2**40)

    tracemalloc.start()
    for name in ("m", "folder"):
        with pytest.raises(ArtifactError):
            read_artifact(tmp_path / name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1e6


def test_python_would_have_read_what_is_refused_here(load):
    # A file may differ from ours in ways that a general reader lets pass.
    data = zipped([manifest({"a": b"x"}), Entry("a", b"x", attributes=0o120777 << 16)])

    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.read("a") == b"x"
    with pytest.raises(ArtifactError):
        load(data)
