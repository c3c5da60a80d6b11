import pytest

from headstart.pool.framing import FrameReader, frame


@pytest.mark.parametrize("size", [1, 3, 8, 9, 100])
def test_messages_come_out_whole_whatever_the_pieces(size):
    sent = [b"", b"one", b"x" * 50]
    stream = b"".join(frame(body) for body in sent)
    reader = FrameReader()

    received = [
        body
        for start in range(0, len(stream), size)
        for body in reader.feed(stream[start : start + size])
    ]

    assert received == sent


def test_a_message_cut_short_is_not_given():
    reader = FrameReader()

    assert list(reader.feed(frame(b"whole")[:-1])) == []
