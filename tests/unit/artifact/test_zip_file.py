import io
import zipfile

import pytest

from headstart.artifact import Limits, zip_file
from headstart.artifact.zip_file import read_directory, read_member, write_zip
from headstart.exceptions import ArtifactError

MEMBERS = [
    ("manifest.json", b",".join(b"%d" % i**3 for i in range(99))),
    ("a/b", b""),
    ("random", bytes(range(256))),
]


def written(members=MEMBERS, limits=None):
    file = io.BytesIO()
    write_zip(file, members, limits or Limits())
    return file.getvalue()


def read(data, limits=None):
    def read_at(offset, size):
        return data[offset : offset + size]

    return [
        (member.name, read_member(read_at, member))
        for member in read_directory(read_at, len(data), limits or Limits())
    ]


def test_members_come_back_in_their_order():
    assert read(written()) == MEMBERS
    assert read(written([])[:0] + written(MEMBERS[:1])) == MEMBERS[:1]


def test_python_reads_the_same_members_with_the_same_checksums():
    with zipfile.ZipFile(io.BytesIO(written())) as other:
        assert other.testzip() is None
        assert [(i.filename, other.read(i)) for i in other.infolist()] == MEMBERS
        assert {i.date_time for i in other.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_shrinks_is_deflated_and_what_does_not_is_stored():
    with zipfile.ZipFile(io.BytesIO(written())) as other:
        methods = {i.filename: i.compress_type for i in other.infolist()}

    assert methods == {
        "manifest.json": zipfile.ZIP_DEFLATED,
        "a/b": zipfile.ZIP_STORED,
        "random": zipfile.ZIP_STORED,
    }


@pytest.mark.parametrize("large", [0, 200, 400, 600])
def test_members_and_places_beyond_32_bits_are_read_back_and_by_other_tools(
    monkeypatch, large
):
    # The same code with a limit that small files pass: first all of it, then the sizes
    # of one member, then places only.
    monkeypatch.setattr(zip_file, "_LARGE", large)
    members = [*MEMBERS, ("again", bytes(range(255, -1, -1)))]

    data = written(members)

    assert b"PK\6\6" in data
    assert read(data) == members
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.testzip() is None
        assert [(i.filename, other.read(i)) for i in other.infolist()] == members


def test_a_small_file_in_the_form_of_a_large_one_is_refused(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(zip_file, "_LARGE", 200)
        data = written()

    with pytest.raises(ArtifactError):
        read(data)


def test_every_cut_added_byte_and_flipped_bit_of_a_large_file_is_refused(monkeypatch):
    monkeypatch.setattr(zip_file, "_LARGE", 300)
    data = written([("manifest.json", b""), ("random", bytes(range(256)) * 2)])
    headers = [at for at in range(len(data)) if not 110 < at < 600]

    for at in headers:
        flipped = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        for wrong in (data[:at], data[:at] + b"\0" + data[at:], flipped):
            with pytest.raises(ArtifactError):
                read(wrong)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_a_file_packed_by_another_tool_is_refused_with_a_way_out(method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as other:
        other.writestr("manifest.json", b"{}")

    with pytest.raises(ArtifactError, match=r"packed by another tool.*from its folder"):
        read(file.getvalue())


def test_every_cut_is_refused():
    data = written()

    for end in range(len(data)):
        with pytest.raises(ArtifactError):
            read(data[:end])


def test_every_added_byte_is_refused():
    data = written()

    for at in range(len(data) + 1):
        with pytest.raises(ArtifactError):
            read(data[:at] + b"\0" + data[at:])


def test_every_flipped_bit_is_refused_or_means_nothing():
    data = written()
    harmless = 0

    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            try:
                assert read(bytes(flipped)) == MEMBERS
                harmless += 1
            except ArtifactError:
                pass

    # Of a deflated member, bits after the end are left over in the last byte.
    assert harmless < 16
