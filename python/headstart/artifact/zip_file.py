"""ZIP files in one canonical form, which is the only one that is read.

Any tool can unpack what is written here, but a file is read only if each of its bytes
is where `write_zip` would have put it: members one after the other from the first
byte, then the directory, then its end record, with nothing between, before or after;
no extra fields, comments, flags, encryption, links or dates. A general reader has to
choose between records that contradict each other, which is what hostile files are made
of; here a contradiction is an error, and no byte goes unchecked.

The format is PKWARE's APPNOTE 6.3: local headers (4.3.7), the central directory
(4.3.12) and its end record (4.3.16). Sizes and places of 4 GiB and more are written as
ZIP64 (4.3.14, 4.3.15, 4.5.3), smaller ones never are.
"""

import struct
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from headstart.artifact.limits import Limits
from headstart.exceptions import ArtifactError

__all__ = [
    "Member",
    "ReadAt",
    "estimate_packed_size",
    "read_directory",
    "read_member",
    "write_zip",
]

ReadAt = Callable[[int, int], bytes]
"""From a place and a number of bytes to these bytes, fewer where the file ends."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_EXTRA_64 = struct.Struct("<2H")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_END_64_MARK, _LOCATOR_64_MARK = b"PK\6\6", b"PK\6\7"
_EXTRA_64_ID = 1
_LARGE = 2**32 - 1  # numbers from here on are written as ZIP64
_SEE_64 = 2**32 - 1  # stands in the fields of those that are written as ZIP64
_MOST_EXTRA = _EXTRA_64.size + 3 * 8
_STORED, _DEFLATED = 0, 8
_VERSION, _VERSION_64 = 20, 45  # 2.0: deflate; 4.5: ZIP64
_UNIX = 3 << 8  # for the permissions below
_ATTRIBUTES = 0o100644 << 16  # a plain file that its owner may write
_TIME, _DATE = 0, 1 << 5 | 1  # 1980-01-01: the same content gives the same bytes
# A forest's arrays pack to 27 % at 80 MB/s; with level 6 to 25 % at 30 MB/s.
_LEVEL = 3
# Parts above these bytes are sampled where only their packed size is asked for.
_SAMPLED_FROM, _N_SAMPLES = 2**20, 8


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside: where its header starts, and what the directory says of it."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int

    def local_header(self) -> bytes:
        """Return the bytes that stand before the member's data."""
        name = self.name.encode("ascii")
        sizes = (self.packed, self.size)
        extra = _extra_64(self._large_sizes())
        return (
            _LOCAL.pack(
                *(_LOCAL_MARK, _version(extra), 0, self.method, _TIME, _DATE),
                *(self.crc, *((_SEE_64, _SEE_64) if extra else sizes)),
                *(len(name), len(extra)),
            )
            + name
            + extra
        )

    def central_record(self) -> bytes:
        """Return the member's record in the directory."""
        name = self.name.encode("ascii")
        large = self._large_sizes()
        sizes = (_SEE_64, _SEE_64) if large else (self.packed, self.size)
        is_far = self.offset >= _LARGE
        extra = _extra_64([*large, *([self.offset] if is_far else [])])
        version = _version(extra)
        return (
            _CENTRAL.pack(
                *(_CENTRAL_MARK, _UNIX | version, version, 0, self.method),
                *(_TIME, _DATE, self.crc, *sizes, len(name), len(extra), 0, 0, 0),
                *(_ATTRIBUTES, _SEE_64 if is_far else self.offset),
            )
            + name
            + extra
        )

    def _large_sizes(self) -> list[int]:
        """Return both sizes, in the order of ZIP64, where one of them needs it."""
        is_large = max(self.size, self.packed) >= _LARGE
        return [self.size, self.packed] if is_large else []


def write_zip(
    file: BinaryIO, members: Iterable[tuple[str, bytes]], limits: Limits
) -> None:
    """Write `members`, in their order, to `file` from where it stands.

    Parameters
    ----------
    file : binary file open for writing, empty
    members : iterable of (name, content)
        Names are ASCII and unique. Taken one at a time.
    limits : Limits
        Only `max_ratio` is used: what shrinks by more is left as it is.
    """
    written: list[Member] = []
    position = 0
    for name, content in members:
        method, packed = _pack(content, limits.max_ratio)
        member = Member(
            name, method, zlib.crc32(content), len(packed), len(content), position
        )
        header = member.local_header()
        position += len(header) + len(packed)
        file.write(header)
        file.write(packed)
        written.append(member)
    directory = b"".join(member.central_record() for member in written)
    file.write(directory)
    file.write(_end_records(len(written), len(directory), position))


def read_directory(read_at: ReadAt, size: int, limits: Limits) -> list[Member]:
    """Return the members of a file, in their order.

    Takes memory in proportion to `limits.max_parts` at most. The members' own bytes
    are not read.

    Parameters
    ----------
    read_at : callable of ``(offset, size) -> bytes``
    size : int
        Bytes of the file.
    limits : Limits

    Raises
    ------
    ArtifactError
        If the file is not what `write_zip` writes, or passes a limit.
    """
    if read_at(0, len(_LOCAL_MARK)) != _LOCAL_MARK:
        raise ArtifactError("It does not begin as a ZIP file does.")
    n_members, length, start = _read_end(read_at, size)
    if n_members > limits.max_parts + 1:
        raise ArtifactError(
            f"It says that it holds {n_members} parts; at most {limits.max_parts} are "
            "read."
        )
    if length > n_members * (_CENTRAL.size + limits.max_name_length + _MOST_EXTRA):
        raise ArtifactError(
            f"Its directory takes {length} bytes, too many for {n_members} parts."
        )
    directory = read_at(start, length)
    members: list[Member] = []
    at = 0
    position = 0
    for _ in range(n_members):
        member = _parse_record(directory, at, position)
        at += len(member.central_record())
        position += len(member.local_header()) + member.packed
        if position > start:
            break
        _check_sizes(member, limits)
        members.append(member)
    if at != length or position != start:
        raise ArtifactError("Its directory does not match the parts before it.")
    return members


def read_member(read_at: ReadAt, member: Member) -> bytes:
    """Return the content of one member, unpacked into no more than its stated size.

    Raises
    ------
    ArtifactError
        If header, packed bytes, size or CRC are not as the directory says.
    """
    header = member.local_header()
    if read_at(member.offset, len(header)) != header:
        raise ArtifactError(f"The header of part {member.name!r} is damaged.")
    packed = read_at(member.offset + len(header), member.packed)
    if len(packed) != member.packed:
        raise ArtifactError(f"Part {member.name!r} is cut off.")
    content = packed
    if member.method == _DEFLATED:
        content = _inflate(packed, member)
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ArtifactError(f"Part {member.name!r} is damaged: its CRC differs.")
    return content


def estimate_packed_size(content: bytes) -> int:
    """Return about how many bytes a part takes in a file; of small ones, how many.

    Large ones are packed in samples, which takes milliseconds.
    """
    if len(content) <= _SAMPLED_FROM:
        return len(_pack(content, sys.maxsize)[1])
    step = len(content) // _N_SAMPLES
    size = _SAMPLED_FROM // _N_SAMPLES
    starts = range(0, len(content) - size + 1, step)
    packed = sum(len(_pack(content[s : s + size], sys.maxsize)[1]) for s in starts)
    return round(packed * len(content) / (size * len(starts)))


def _pack(content: bytes, max_ratio: int) -> tuple[int, bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    if len(packed) < len(content) <= max_ratio * len(packed):
        return _DEFLATED, packed
    return _STORED, content


def _inflate(packed: bytes, member: Member) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than stated is room enough to notice that there is more.
        content = unpacker.decompress(packed, member.size + 1)
    except zlib.error as error:
        raise ArtifactError(
            f"Part {member.name!r} is damaged: it cannot be unpacked ({error})."
        ) from error
    if not unpacker.eof or unpacker.unused_data or len(content) != member.size:
        raise ArtifactError(
            f"Part {member.name!r} is damaged: it does not unpack to the "
            f"{member.size} bytes that the directory states."
        )
    return content


def _version(extra: bytes) -> int:
    return _VERSION_64 if extra else _VERSION


def _extra_64(numbers: list[int]) -> bytes:
    """Return the extra field that holds numbers of 64 bits; nothing for none."""
    if not numbers:
        return b""
    packed = struct.pack(f"<{len(numbers)}Q", *numbers)
    return _EXTRA_64.pack(_EXTRA_64_ID, len(packed)) + packed


def _end_records(n_members: int, length: int, start: int) -> bytes:
    """Return all that stands after the directory."""
    if max(length, start) < _LARGE:
        return _END.pack(_END_MARK, 0, 0, n_members, n_members, length, start, 0)
    counts = (n_members, n_members)  # their bound is far below 2**16
    return (
        _END_64.pack(
            *(_END_64_MARK, _END_64.size - 12, _UNIX | _VERSION_64, _VERSION_64, 0, 0),
            *(*counts, length, start),
        )
        + _LOCATOR_64.pack(_LOCATOR_64_MARK, 0, start + length, 1)
        + _END.pack(
            *(_END_MARK, 0, 0, *counts, _SEE_64, _SEE_64, 0),
        )
    )


def _read_end(read_at: ReadAt, size: int) -> tuple[int, int, int]:
    """Return members, bytes and start of the directory."""
    if size < _END.size:
        raise ArtifactError("It is cut off.")
    record = read_at(size - _END.size, _END.size)
    if len(record) != _END.size or not record.startswith(_END_MARK):
        raise ArtifactError(
            "It is cut off, or something was added to it: it does not end as it was "
            "written."
        )
    n_members, length, start = _END.unpack(record)[4:7]
    before = size - _END.size - _LOCATOR_64.size - _END_64.size
    if start == _SEE_64 and before >= 0:
        record = read_at(before, size - before)
        n_members, length, start = _END_64.unpack_from(record)[7:10]
    if start + length + len(record) != size:
        raise ArtifactError(
            "Its directory is not where its last bytes say: it is cut off, or "
            "something was added to it."
        )
    if n_members >= 2**16 or record != _end_records(n_members, length, start):
        raise ArtifactError(
            "Its last bytes are not as headstart writes them (more than one volume, "
            "or a comment)."
        )
    return n_members, length, start


def _parse_record(directory: bytes, at: int, position: int) -> Member:
    if at + _CENTRAL.size > len(directory):
        raise ArtifactError("Its directory lists fewer parts than it says.")
    fields = _CENTRAL.unpack_from(directory, at)
    name_length, extra_length = fields[10], fields[11]
    name = directory[at + _CENTRAL.size : at + _CENTRAL.size + name_length]
    if not name.isascii() or len(name) != name_length:
        raise ArtifactError(
            f"A part's name must be plain ASCII letters. Got {name[:60]!r}."
        )
    method, crc, packed, size = fields[4], fields[7], fields[8], fields[9]
    extra = at + _CENTRAL.size + name_length
    if (
        size == _SEE_64
        and _EXTRA_64.size + 16 <= extra_length <= len(directory) - extra
    ):
        size, packed = struct.unpack_from("<2Q", directory, extra + _EXTRA_64.size)
    member = Member(name.decode("ascii"), method, crc, packed, size, position)
    if method not in {_STORED, _DEFLATED} or not directory.startswith(
        member.central_record(), at
    ):
        raise ArtifactError(
            f"The directory's record of part {member.name[:60]!r} is not as headstart "
            "writes it: it was damaged, or packed by another tool (encrypted, linked, "
            "overlapping, with extra fields). hint: a model that was unpacked loads "
            "from its folder."
        )
    return member


def _check_sizes(member: Member, limits: Limits) -> None:
    if member.size > limits.max_part_bytes:
        raise ArtifactError(
            f"Part {member.name!r} says that it is {member.size} bytes; at most "
            f"{limits.max_part_bytes} are read."
        )
    if member.method == _STORED and member.size != member.packed:
        raise ArtifactError(f"Part {member.name!r} states two different sizes.")
    if member.size > limits.max_ratio * member.packed:
        raise ArtifactError(
            f"Part {member.name!r} unpacks from {member.packed} to {member.size} "
            f"bytes, more than {limits.max_ratio} times: no model does."
        )
