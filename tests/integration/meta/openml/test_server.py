"""The test server speaks as the real one does: the real client reads all of it."""

import gzip
import hashlib
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import requests
from tests.openml_server import packaged_content

from headstart.meta.openml.client import connected
from headstart.meta.openml.retry import Pace
from headstart.meta.openml.transport import Limits, requests_shim


@pytest.fixture
def openml(bench, tmp_path):
    """The client's own module, connected to a server with the packaged content."""
    server = bench.serve(packaged_content())
    hosts = frozenset({server.base.removeprefix("http://")})
    shim = requests_shim(
        Limits(5, 5, 20, 10**8, 10**8, "/api/v1/xml/", hosts), Pace(0), lambda _: None
    )
    with connected(server.url, shim, tmp_path / "cache") as client:
        yield client._openml


def fetch(url):
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, gzip.decompress(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, gzip.decompress(error.read())


# The client leaves the file of the splits open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_splits_partition_the_rows(openml):
    task = openml.tasks.get_task(59, download_splits=True)
    tests = []
    for fold in range(10):
        train, test = task.get_train_test_split_indices(fold=fold)
        assert sorted([*train, *test]) == list(range(150))
        tests += list(test)
    assert sorted(tests) == list(range(150))


def test_class_labels_are_those_of_the_column(openml):
    task = openml.tasks.get_task(59)
    assert task.class_labels == ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]


def test_runs_flows_and_setups_fit_together(openml):
    run = openml.runs.get_run(1001)
    setup = openml.setups.get_setup(run.setup_id)
    flow = openml.flows.get_flow(run.flow_id)
    assert run.task_id == 59
    assert setup.flow_id == flow.flow_id == 6969
    names = {p.parameter_name for p in setup.parameters.values()}
    assert names == set(flow.parameters)


def test_evaluations_and_their_setups_are_one_frame(openml):
    frame = openml.evaluations.list_evaluations_setups(
        "predictive_accuracy",
        tasks=[59],
        flows=[7707],
        size=100,
        output_format="dataframe",
        parameters_in_separate_columns=True,
    )
    assert len(frame) == 4
    assert frame["value"].between(0.9, 1.0).all()
    assert "sklearn.svm._classes.SVC(1)_C" in frame.columns


def test_datasets_are_listed(openml):
    frame = openml.datasets.list_datasets(
        data_id=[61, 28], size=10, output_format="dataframe"
    )
    assert sorted(frame["name"]) == ["iris", "optdigits"]
    assert len(openml.datasets.list_qualities()) == 19


def test_scores_are_those_of_real_predictions(openml):
    # Nothing is better than chance by chance: ten folds of three classes.
    evaluations = openml.evaluations.list_evaluations(
        "area_under_roc_curve", flows=[6969], size=100, output_format="object"
    )
    values = np.array([e.value for e in evaluations.values()])
    assert ((values > 0.8) & (values <= 1.0)).all()


def test_every_document_is_well_formed_xml(bench):
    server = bench.serve(packaged_content())
    for path in (
        "study/99",
        "study/OpenML-CC18",
        "task/list/type/1",
        "task/59",
        "data/list/limit/2/offset/0",
        "data/61",
        "data/features/90002",
        "data/qualities/90002",
        "evaluation/list/function/predictive_accuracy/task/59",
        "user/list/user_id/1",
        "setup/list/flow/7707",
        "/setup/500",
        "flow/6969",
        "run/1001",
        "estimationprocedure/list",
    ):
        status, body = fetch(f"{server.url}/{path}")
        assert status == 200, path
        ET.fromstring(body)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("study/1", "601"),
        ("task/1", "151"),
        ("task/list/task_id/1", "482"),
        ("data/1", "111"),
        ("data/list/data_id/1", "372"),
        ("data/qualities/1", "361"),
        ("flow/1", "181"),
        ("run/1", "236"),
        ("setup/1", "281"),
        ("setup/list/setup/1", "674"),
        ("setup/list/limit/1001", "676"),
        ("evaluation/list/function/f/task/1", "542"),
        ("evaluation/list/function/f/task/1/limit/10001", "546"),
        ("evaluation/list/function/f/task/1/offset/1", "545"),
    ],
)
def test_errors_have_the_real_ones_codes(bench, path, code):
    server = bench.serve(packaged_content())
    status, body = fetch(f"{server.url}/{path}")
    assert status == 412
    element = ET.fromstring(body).find("{http://openml.org/openml}code")
    assert element.text == code


def test_it_can_be_started_by_hand():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.openml_server", "--fault", "overload:data/61$"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    try:
        url = process.stdout.readline().strip()
        statuses = [fetch(f"{url}/data/61")[0] for _ in range(2)]
    finally:
        process.terminate()
        process.communicate()
    assert statuses == [412, 200]


def test_data_have_the_checksum_of_their_description():
    for table in packaged_content().tables:
        digest = hashlib.md5(table.arff, usedforsecurity=False).hexdigest()
        assert table.md5 == digest


def test_a_password_in_the_users_netrc_is_not_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    limits = Limits(5, 5, 20, 10**8, 10**8, "/api/v1/xml/", frozenset({"127.0.0.1"}))
    session = requests_shim(limits, Pace(0), lambda _: None).Session()

    request = requests.Request("GET", "http://127.0.0.1/api/v1/xml/data/61")

    assert "Authorization" not in session.prepare_request(request).headers
