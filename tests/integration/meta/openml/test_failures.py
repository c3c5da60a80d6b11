"""What goes wrong between client and server: mended by another try, or said clearly."""

from dataclasses import replace

import pytest
from tests.integration.meta.openml.conftest import Bench, only_iris
from tests.openml_server import Fault, OpenMLServer, faults
from tests.openml_server.tables import Column

from headstart.meta.openml import RefreshError

DATA = "/download/"
ALWAYS = 1_000


@pytest.fixture(scope="module")
def shared():
    with OpenMLServer(only_iris()) as server:
        yield server


@pytest.fixture
def server(bench, shared):
    """One server for all: what a base holds names its port."""
    shared.faults.reset()
    shared.calls.clear()
    bench.server = shared
    return shared


@pytest.fixture(scope="module")
def expected(shared, tmp_path_factory):
    """The digest of a refresh without faults."""
    shared.faults.reset()  # those of the test before, in whatever order they run
    bench = Bench(tmp_path_factory.mktemp("undisturbed"))
    bench.server = shared
    with bench.base() as base:
        bench.refresh(base, evaluations=True)
        return base.digest()


PASSING = [
    pytest.param("data/61$", faults.truncate, id="truncated description"),
    pytest.param("data/features/61", faults.truncate, id="truncated features"),
    pytest.param("data/qualities/61", faults.truncate, id="truncated qualities"),
    pytest.param("task/list", faults.truncate, id="truncated list"),
    pytest.param("study/99", faults.truncate, id="truncated suite"),
    pytest.param("flow/6969", faults.truncate, id="truncated flow"),
    pytest.param("setup/list", faults.truncate, id="truncated setups"),
    pytest.param("evaluation/list", faults.truncate, id="truncated evaluations"),
    pytest.param("data/61$", faults.html_error(503), id="well-formed HTML, 503"),
    pytest.param("evaluation/list", faults.html_error(504), id="HTML in evaluations"),
    pytest.param(DATA, faults.html_error(500), id="HTML in place of data"),
    pytest.param("data/61$", faults.too_many_requests(1), id="429"),
    pytest.param("data/61$", faults.overload, id="overload, 107"),
    pytest.param("data/qualities/61", faults.overload, id="overload of qualities"),
    pytest.param("data/61$", faults.other_root, id="another root element"),
    pytest.param("data/61$", faults.drop, id="dropped connection"),
    pytest.param(DATA, faults.drop, id="dropped download"),
    pytest.param(DATA, faults.short_body, id="body shorter than promised"),
    pytest.param("data/61$", faults.broken_gzip, id="broken compression"),
    pytest.param(DATA, faults.truncate, id="truncated data"),
    pytest.param("data/61$", faults.wrong_md5, id="wrong checksum"),
]


@pytest.mark.parametrize(("path", "change"), PASSING)
def test_a_passing_failure_is_mended_by_another_try(
    bench, base, expected, server, path, change
):
    # The checksum is in the description: it has to be wrong until the download fails.
    server.faults.add(Fault(path, change))
    report = bench.refresh(base, evaluations=True)
    assert server.faults.n_struck == 1
    assert report.n_retries >= 1
    assert base.digest() == expected


@pytest.mark.parametrize(("path", "change"), PASSING)
def test_a_lasting_failure_is_said_and_the_base_is_as_it_was(
    bench, base, server, path, change
):
    before = base.digest()
    server.faults.add(Fault(path, change, times=ALWAYS))
    with pytest.raises(RefreshError, match=r"Nothing was added.*hint: run it again"):
        bench.refresh(base, evaluations=True)
    assert base.digest() == before
    assert base.fetches() == []


@pytest.mark.parametrize("path", ["data/61$", DATA])
def test_a_stall_is_waited_for_no_longer_than_told(bench, base, expected, server, path):
    server.faults.add(Fault(path, faults.stall(30.0)))
    bench.refresh(base, evaluations=True, read_seconds=0.5)
    assert server.faults.n_struck == 1
    assert base.digest() == expected


def test_a_server_that_always_stalls_is_given_up(bench, base, server):
    before = base.digest()
    server.faults.add(Fault("data/61$", faults.stall(30.0), times=ALWAYS))
    with pytest.raises(RefreshError, match=r"dataset 61.*ReadTimeout.*tried 2 times"):
        bench.refresh(base, read_seconds=0.3, attempts=2)
    assert base.digest() == before


def test_a_trickle_is_waited_for_no_longer_than_told(bench, base, server):
    server.faults.add(Fault("data/61$", faults.trickle(0.05), times=ALWAYS))
    with pytest.raises(RefreshError, match=r"took longer than 0\.5 s"):
        bench.refresh(base, total_seconds=0.5, attempts=1)


def test_a_server_that_is_not_there_is_named(bench, base):
    with OpenMLServer(only_iris()) as server:
        bench.server = server
    with pytest.raises(RefreshError, match=r"suite 99.*ConnectionError"):
        bench.refresh(base)


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        ("data/61$", 111, "code 111"),
        ("data/61$", 112, "private"),
        ("data/61$", 113, "code 113"),
        ("data/features/61", 273, "code 273"),
    ],
)
def test_a_dataset_that_is_refused_is_left_out_with_the_reason(
    bench, base, server, path, code, reason
):
    server.faults.add(Fault(path, faults.error_code(code), times=ALWAYS))
    report = bench.refresh(base)
    ((what, why),) = report.left_out
    assert what == "iris (task 59)"
    assert reason in why
    assert base.datasets() == []


@pytest.mark.parametrize("code", [361, 362, 363, 364])
def test_a_dataset_without_qualities_is_taken_without(bench, base, server, code):
    server.faults.add(Fault("data/qualities/61", faults.error_code(code)))
    report = bench.refresh(base)
    assert report.n_datasets == 1
    assert base.meta_features("openml") == []


@pytest.mark.parametrize(
    ("path", "code"),
    [("study/99", 601), ("task/list", 480), ("data/61$", 102), ("setup/list", 672)],
)
def test_any_other_refusal_ends_the_refresh(bench, base, server, path, code):
    before = base.digest()
    server.faults.add(Fault(path, faults.error_code(code), times=ALWAYS))
    with pytest.raises(RefreshError, match="Nothing was added to the base"):
        bench.refresh(base, evaluations=True)
    assert base.digest() == before


def test_lists_that_the_client_cannot_read_are_read_one_by_one(
    bench, base, expected, server
):
    # One quality in a listing, and the client fails on the whole of it.
    server.faults.add(Fault("task/list", faults.single_quality, times=ALWAYS))
    bench.refresh(base, evaluations=True)
    assert base.digest() == expected
    assert "/api/v1/xml/task/59" in server.calls


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param("user/list", faults.without_users, id="a user who has left"),
        pytest.param(
            "evaluation/list", faults.without_data_name, id="a dataset without a name"
        ),
        pytest.param("evaluation/list", faults.uncompressed, id="uncompressed"),
    ],
)
def test_gaps_in_evaluations_lose_none(bench, base, expected, server, path, change):
    server.faults.add(Fault(path, change, times=ALWAYS))
    bench.refresh(base, evaluations=True)
    assert server.faults.n_struck > 0
    assert base.digest() == expected


def test_pages_that_overlap_give_each_run_once(bench, base):
    bench.serve(replace(only_iris(), overlap=1))
    # Flow 6969 has four runs on the task: two pages of three, the second from row 2.
    bench.refresh(base, evaluations=True, flows=(6969,), page_size=3)
    runs = [e.run_id for e in base.foreign_evaluations()]
    assert len(runs) == len(set(runs)) == 4


def test_a_page_with_a_doubled_row_is_not_taken_for_the_last(bench, base, server):
    server.faults.add(Fault("evaluation/list", faults.doubled_evaluation))
    bench.refresh(base, evaluations=True, flows=(6969,), page_size=2)
    # Four runs: the first page has one of them twice and so lacks another.
    assert len(base.foreign_evaluations()) == 3


def test_a_full_last_page_is_the_end(bench, base, server):
    bench.refresh(base, evaluations=True, flows=(6969,), page_size=4)
    assert len(base.foreign_evaluations()) == 4
    pages = [path for path in server.calls if "evaluation/list" in path]
    assert len(pages) == 2, "the second is answered with code 542"


def test_a_server_whose_pages_never_end_is_left(bench, base, server):
    # Whatever the offset, the first page comes.
    first = []

    def same_page(reply):
        first.append(reply)
        return first[0]

    server.faults.add(Fault("evaluation/list", same_page, times=ALWAYS))
    bench.refresh(base, evaluations=True, flows=(6969,), page_size=2)
    assert len(base.foreign_evaluations()) == 2


@pytest.mark.parametrize("change", [None, faults.no_charset])
def test_letters_beyond_ascii_arrive(bench, base, change):
    content = only_iris()
    (iris,) = content.tables
    colours = Column.nominal("größe", ["weiß", "naïve", None] * 50)
    iris = replace(iris, columns=(colours, *iris.columns))
    server = bench.serve(replace(content, tables=(iris,)))
    if change is not None:
        server.faults.add(Fault(".", change, times=ALWAYS))
    tables = []
    bench.refresh(base, lambda record, table, target: tables.append(table) or ())
    ((table,),) = [tables]
    assert table["größe"].cast(str).to_list()[:3] == ["weiß", "naïve", None]
