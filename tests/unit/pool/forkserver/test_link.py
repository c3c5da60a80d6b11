import array
import json
import os
import socket
import subprocess
import sys

import pytest

from headstart.pool.forkserver.link import ForkserverLink
from headstart.pool.worker_handle import WorkerHandle


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    # Room for a few requests only.
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_608)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def link(ends):
    output, output_write = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", ""])
    yield ForkserverLink(process, ends[0], output)
    process.wait()
    os.close(output)
    os.close(output_write)


def read_requests(theirs):
    """Return the requests that have arrived, and how many descriptors came along."""
    received, n_descriptors = b"", 0
    theirs.setblocking(False)
    while True:
        try:
            data, extra, _, _ = theirs.recvmsg(65536, socket.CMSG_SPACE(256))
        except BlockingIOError:
            return [json.loads(line) for line in received.splitlines()], n_descriptors
        received += data
        for _, _, content in extra:
            descriptors = array.array("i", content)
            n_descriptors += len(descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def test_requests_that_do_not_fit_wait_until_the_forkserver_reads(link, ends):
    workers = [WorkerHandle(number) for number in range(40)]
    for worker in workers:
        link.ask_for(worker)
    link.ask("kill", 7)
    requests, n_descriptors = [], 0
    while link.send():
        arrived, n_arrived = read_requests(ends[1])
        requests += arrived
        n_descriptors += n_arrived
    arrived, n_arrived = read_requests(ends[1])

    assert requests + arrived == [*(["fork", n] for n in range(40)), ["kill", 7]]
    assert n_descriptors + n_arrived == 80
    for worker in workers:
        worker.close()


def test_a_request_longer_than_the_socket_takes_arrives_whole(link, ends):
    modules = [f"module_{number}" for number in range(2_000)]
    link.ask("preload", modules, [])
    received = b""
    while link.send():
        received += ends[1].recv(65536)
    ends[1].setblocking(False)
    received += ends[1].recv(65536)

    assert json.loads(received) == ["preload", modules, []]


def test_a_worker_that_is_closed_while_its_request_waits_is_not_asked_for(link, ends):
    workers = [WorkerHandle(number) for number in range(40)]
    for worker in workers:
        link.ask_for(worker)
    for worker in workers:
        worker.close()
    while link.send():
        read_requests(ends[1])
    requests, _ = read_requests(ends[1])

    assert ["fork", 39] not in requests
