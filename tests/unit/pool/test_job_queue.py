import select
import time
from concurrent.futures import CancelledError, wait

import pytest

from headstart.exceptions import WorkerDiedError
from headstart.pool.future import Job
from headstart.pool.job_queue import Ending, JobQueue


@pytest.fixture
def queue():
    queue = JobQueue()
    yield queue
    queue.close()


def make_job(deadline=None):
    return Job(pow, (2, 3), {}, deadline)


def test_jobs_come_out_in_the_order_in_which_they_went_in(queue):
    first, second = make_job(), make_job()
    queue.put(first)
    queue.put(second)

    assert [queue.take(), queue.take(), queue.take()] == [first, second, None]


def test_a_job_that_is_taken_runs(queue):
    queue.put(make_job())

    assert queue.take().future.running()


def test_a_cancelled_job_is_passed_over_and_those_who_wait_are_told(queue):
    job, other = make_job(), make_job()
    queue.put(job)
    queue.put(other)
    job.future.cancel()

    assert queue.take() is other
    assert wait([job.future], timeout=0).done == {job.future}


def test_a_job_that_is_late_fails_before_it_starts(queue):
    job = make_job(deadline=time.monotonic() - 1)
    queue.put(job)

    queue.settle()

    assert len(queue) == 0
    with pytest.raises(WorkerDiedError, match="before a worker was free") as caught:
        job.future.result(0)
    assert caught.value.kind == "timeout"


def test_a_waiting_job_that_is_killed_is_cancelled(queue):
    job = make_job()
    queue.put(job)
    queue.kill(job.future)

    assert queue.settle() == set()
    with pytest.raises(CancelledError):
        job.future.result(0)


def test_a_running_job_to_be_killed_is_passed_on(queue):
    queue.put(make_job())
    job = queue.take()
    queue.kill(job.future)

    assert queue.settle() == {job.future}


def test_a_change_wakes_who_waits(queue):
    queue.put(make_job())

    assert select.select([queue.wake_fd], [], [], 0)[0]


def test_a_stronger_wish_to_end_stays(queue):
    queue.end(Ending.NOW)
    queue.end(Ending.WHEN_DONE)

    assert queue.ending is Ending.NOW


def test_the_first_deadline_is_known(queue):
    for job in (make_job(), make_job(9e9), make_job(8e9)):
        queue.put(job)

    assert queue.next_deadline() == 8e9


def test_a_closed_queue_takes_no_job():
    queue = JobQueue()
    job = make_job()
    queue.put(job)

    assert queue.close() == [job]
    assert not queue.put(make_job())
    queue.end(Ending.NOW)
