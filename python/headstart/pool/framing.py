"""Messages over stream sockets: eight bytes of length, then the body."""

import struct
from collections.abc import Iterator

__all__ = ["HEADER", "READY", "FrameReader", "frame"]

HEADER = struct.Struct("!Q")

#: Message of a worker before its first answer; answers are never empty.
READY = b""


def frame(body: bytes) -> bytes:
    """Return `body` with its length in front."""
    return HEADER.pack(len(body)) + body


class FrameReader:
    """Assembles messages from the pieces in which they arrive.

    Examples
    --------
    >>> reader = FrameReader()
    >>> list(reader.feed(frame(b"one") + frame(b"two")[:5]))
    [b'one']
    >>> list(reader.feed(frame(b"two")[5:]))
    [b'two']
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add `data` and yield every message that is now complete."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield body
