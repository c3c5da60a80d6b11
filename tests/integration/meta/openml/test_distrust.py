"""A server is not trusted: sizes, names, links and files of others do no harm."""

import gzip
import hashlib
import io
import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import urllib3
from tests.integration.meta.openml.conftest import only_iris
from tests.openml_server import Column, Fault, OpenMLServer

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.openml import RefreshError, RefreshOptions, plan_refresh
from headstart.meta.openml.client import Client
from headstart.meta.openml.datasets import _too_large_file
from headstart.meta.openml.errors import FinalReplyError
from headstart.meta.openml.retry import Pace
from headstart.meta.openml.transport import Limits, requests_shim

ALWAYS = 1_000


def served(bench, **changes):
    """Serve iris with some of its parts changed."""
    content = only_iris()
    (iris,) = content.tables
    return bench.serve(replace(content, tables=(replace(iris, **changes),)))


def left_out(bench, base, **changes):
    report = bench.refresh(base, **changes)
    assert base.datasets() == []
    ((_, why),) = report.left_out
    return why


def test_a_dataset_that_is_too_large_is_not_downloaded(bench, base):
    server = bench.serve()
    assert "750 values are more than 700" in left_out(bench, base, max_cells=700)
    assert not any("/download/" in path for path in server.calls)


def test_too_many_columns_are_too_many(bench, base):
    bench.serve()
    assert "5 columns are more than 4" in left_out(bench, base, max_columns=4)


def test_a_server_that_tells_too_few_rows_is_found_out(bench, base):
    server = bench.serve()
    server.faults.add(
        Fault("list|qualities", lambda r: r.edited(">150<", ">15<"), times=ALWAYS)
    )
    assert "750 values are more than 700" in left_out(bench, base, max_cells=700)


def test_a_dataset_of_unknown_size_is_left_out(bench, base):
    server = bench.serve()
    server.faults.add(
        Fault(
            "list|qualities",
            lambda r: r.edited("NumberOfInstances", "Nothing"),
            times=ALWAYS,
        )
    )
    assert "how many rows" in left_out(bench, base)


def test_a_reply_that_is_too_large_is_refused(bench, base):
    server = bench.serve()
    with pytest.raises(RefreshError, match=r"larger than 2,000 bytes"):
        bench.refresh(base, max_reply_bytes=2_000)
    assert len([path for path in server.calls if "/download/" in path]) <= 1


def test_a_reply_that_is_read_as_a_whole_may_be_less_large(bench, base):
    bench.serve()
    with pytest.raises(RefreshError, match=r"larger than 300 bytes"):
        bench.refresh(base, max_xml_bytes=300)


def test_a_file_larger_than_was_told_is_not_read(bench, base, monkeypatch):
    server = bench.serve()
    server.faults.add(
        Fault("list|qualities", lambda r: r.edited(">150<", ">15<"), times=ALWAYS)
    )
    read = []
    monkeypatch.setattr(Client, "read", lambda self, dataset: read.append(dataset))

    assert "750 values are more than 700" in left_out(bench, base, max_cells=700)
    assert read == []


def test_one_line_without_an_end_is_not_read(tmp_path):
    path = tmp_path / "line.arff"
    path.write_bytes(b"@relation r\n@attribute a numeric\n@data\n" + b"1," * 3_000_000)
    options = RefreshOptions(max_cells=1_000_000)

    assert "3,000,000 separators" in _too_large_file(path, options)


def test_a_redirect_from_https_to_http_is_not_followed():
    class Encrypted(requests.adapters.HTTPAdapter):
        def send(self, request, **options):
            response = requests.Response()
            response.status_code = 302
            response.headers["location"] = "http://127.0.0.1/api/v1/xml/data/61"
            response.raw = urllib3.HTTPResponse(io.BytesIO(b""), preload_content=False)
            response.url = request.url
            return response

    limits = Limits(5, 5, 20, 10**8, 10**8, "/api/v1/xml/", frozenset({"127.0.0.1"}))
    session = requests_shim(limits, Pace(0), lambda _: None).Session()
    session.mount("https://", Encrypted())

    with session, pytest.raises(FinalReplyError, match="from https to"):
        session.get("https://127.0.0.1/api/v1/xml/data/61")


def test_a_password_in_the_url_of_the_server_is_refused_and_not_shown():
    with pytest.raises(KnowledgeBaseError, match="no password") as caught:
        RefreshOptions(server="https://me:s3cret@127.0.0.1/api/v1/xml")
    assert "s3cret" not in str(caught.value)


def test_a_reply_that_swells_is_refused(bench, base):
    bomb = gzip.compress(bytes(50_000_000), 9)
    server = bench.serve()
    server.faults.add(
        Fault(
            "data/61$",
            lambda reply: replace(
                reply, body=bomb, compress=False, headers={"Content-Encoding": "gzip"}
            ),
        )
    )
    with pytest.raises(RefreshError, match=r"larger than 1,000,000 bytes"):
        bench.refresh(base, max_reply_bytes=1_000_000)


def test_links_to_other_hosts_are_not_followed(bench, base):
    with OpenMLServer(only_iris()) as other:
        server = bench.serve()
        server.faults.add(
            Fault("data/61$", lambda r: r.edited(server.base, other.base), times=ALWAYS)
        )
        with pytest.raises(RefreshError, match=r"sends us to .*data_hosts"):
            bench.refresh(base)
        assert other.calls == []
        bench.refresh(base, data_hosts=(other.base.removeprefix("http://"),))
        assert len(other.calls) == 1


def test_redirects_to_other_hosts_are_not_followed(bench, base):
    with OpenMLServer(only_iris()) as other:
        server = bench.serve()
        place = {"Location": f"{other.base}/api/v1/xml/data/61"}
        server.faults.add(
            Fault(
                "data/61$",
                lambda reply: replace(reply, status=302, headers=place),
                times=ALWAYS,
            )
        )
        with pytest.raises(RefreshError, match="sends us to"):
            bench.refresh(base)
        assert other.calls == []


def test_a_redirect_on_the_same_host_is_followed(bench, base):
    server = bench.serve()
    place = {"Location": "/api/v1/xml/data/61"}
    server.faults.add(
        Fault("data/61$", lambda reply: replace(reply, status=302, headers=place))
    )
    assert bench.refresh(base).n_datasets == 1


def test_links_to_files_are_not_followed(bench, base):
    server = bench.serve()
    server.faults.add(
        Fault(
            "data/61$",
            lambda r: r.edited(r"http://[^<]*\.arff", "file:///etc/hostname"),
            times=ALWAYS,
        )
    )
    with pytest.raises(RefreshError, match="sends us to 'file:"):
        bench.refresh(base)


def test_files_without_a_checksum_are_not_asked_for(bench, base):
    server = bench.serve()
    bench.refresh(base)
    assert not any("parquet" in path for path in server.calls)


def test_a_dataset_without_a_checksum_is_left_out(bench, base):
    server = bench.serve()
    server.faults.add(
        Fault(
            "data/61$",
            lambda r: r.edited("<oml:md5_checksum>[^<]*</oml:md5_checksum>", ""),
            times=ALWAYS,
        )
    )
    assert "no checksum" in left_out(bench, base)


def test_names_are_made_printable_and_short(bench, base):
    # What XML can carry: a right-to-left override, an escape as C1 control, length.
    name = "iris\u202e\u009b31m" + "x" * 5_000
    served(bench, name=name, licence="free\u0085for all")
    bench.refresh(base)
    (record,) = base.datasets()
    assert record.name.startswith("iris??31mxxx")
    assert record.name.isprintable()
    assert len(record.name) == 200
    assert record.licence.isprintable()


def test_paths_as_names_lead_nowhere(bench, base):
    served(bench, name="../../../../outside")
    bench.refresh(base)
    assert base.datasets()[0].name == "../../../../outside"
    assert not list(bench.folder.rglob("outside*"))


def test_columns_whose_names_are_no_names_leave_the_dataset_out(bench, base):
    (iris,) = only_iris().tables
    odd = Column.numeric("a\u202eb", range(150))
    served(bench, columns=(odd, *iris.columns))
    assert "invalid name" in left_out(bench, base)


def test_a_target_with_gaps_leaves_the_dataset_out(bench, base):
    (iris,) = only_iris().tables
    *features, species = iris.columns
    gaps = Column.nominal("class", [None, *species.values[1:]], species.levels)
    served(bench, columns=(*features, gaps))
    assert "missing values" in left_out(bench, base)


def test_a_target_of_one_class_leaves_the_dataset_out(bench, base):
    (iris,) = only_iris().tables
    *features, _ = iris.columns
    one = Column.nominal("class", ["a"] * 150, ("a", "b"))
    served(bench, columns=(*features, one))
    assert "one class" in left_out(bench, base)


def test_a_file_that_is_no_arff_leaves_the_dataset_out(bench, base):
    server = bench.serve()
    body = b"<html>sorry</html>"
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    server.faults.add(
        Fault("/download/", lambda reply: replace(reply, body=body), times=ALWAYS),
        Fault(
            "data/61$",
            lambda r: r.edited(r"(checksum>)[0-9a-f]{32}", rf"\g<1>{digest}"),
            times=ALWAYS,
        ),
    )
    assert "cannot be read" in left_out(bench, base)


def test_qualities_with_odd_names_and_values_are_dropped(bench, base):
    server = bench.serve()

    def odd(reply):
        reply = reply.edited("<oml:name>Dimensionality", "<oml:name>../&amp;\u202e")
        return reply.edited(
            "NumberOfFeatures</oml:name>\n<oml:value>5",
            "NumberOfFeatures</oml:name>\n<oml:value>1e999",
        )

    server.faults.add(Fault("data/qualities/61", odd))
    bench.refresh(base)
    (record,) = base.meta_features("openml")
    assert "NumberOfInstances" in record.values
    assert not {"NumberOfFeatures", "Dimensionality", "../&\u202e"} & set(record.values)


def test_evaluations_of_other_tasks_and_flows_are_not_taken(bench, base):
    server = bench.serve()

    def foreign(reply):
        return reply.edited("<oml:task_id>59<", "<oml:task_id>60<", 1)

    server.faults.add(Fault("evaluation/list", foreign, times=ALWAYS))
    bench.refresh(base, evaluations=True, flows=(6969,))
    assert len(base.foreign_evaluations()) == 3


def test_scores_that_are_no_numbers_are_dropped(bench, base):
    server = bench.serve()

    def endless(reply):
        return reply.edited(r"<oml:value>[^<]*<", "<oml:value>inf<", 1)

    server.faults.add(Fault("evaluation/list", endless))
    bench.refresh(base, evaluations=True, flows=(6969,))
    assert len(base.foreign_evaluations()) == 3


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


def test_no_pickle_that_lies_in_the_cache_is_read(bench, base):
    server = bench.serve()
    trace = bench.folder / "trace"
    port = server.base.rpartition(":")[2]
    folder = bench.folder / "staging" / "client" / f"1:{port}" / "0" / "0" / "127"
    folder = folder / "datasets" / "61"
    folder.mkdir(parents=True)
    (bench.folder / "staging").chmod(0o700)
    for name in ("dataset.pkl.py3", "features.xml.pkl", "qualities.xml.pkl"):
        (folder / name).write_bytes(pickle.dumps(Trap(trace)))
    bench.refresh(base)
    assert not trace.exists()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX file permissions")
def test_a_folder_that_others_can_write_is_refused(bench, base):
    bench.serve()
    staging = bench.folder / "staging"
    staging.mkdir()
    staging.chmod(0o777)
    with pytest.raises(RefreshError, match="others may write to it"):
        bench.refresh(base)


def test_a_damaged_journal_is_named(bench, base):
    bench.serve()
    staging = bench.folder / "staging"
    staging.mkdir(mode=0o700)
    (staging / "journal.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(RefreshError, match=r"journal.db is damaged.*remove the folder"):
        bench.refresh(base)


def test_the_users_own_settings_of_the_client_are_left_alone(
    bench, base, monkeypatch, tmp_path
):
    bench.serve()
    plan_refresh(bench.options())
    openml = sys.modules["openml"]
    monkeypatch.setattr(openml.config, "server", "http://127.0.0.1:9/api/v1/xml")
    monkeypatch.setattr(openml.config, "apikey", "secret")
    monkeypatch.setattr(openml.config, "connection_n_retries", 7)
    requests, root = openml._api_calls.requests, openml.config._root_cache_directory
    monkeypatch.delenv("OPENML_SKIP_PARQUET", raising=False)
    bench.refresh(base)
    assert openml.config.server == "http://127.0.0.1:9/api/v1/xml"
    assert openml.config.apikey == "secret"
    assert openml.config.connection_n_retries == 7
    assert openml.config._root_cache_directory == root
    assert openml._api_calls.requests is requests
    assert "OPENML_SKIP_PARQUET" not in os.environ


def test_a_key_is_never_sent(bench, base, monkeypatch):
    server = bench.serve()
    plan_refresh(bench.options())
    monkeypatch.setattr(sys.modules["openml"].config, "apikey", "secret")
    bench.refresh(base)
    assert not any("secret" in query for query in server.queries)


def test_a_server_that_is_no_url_is_refused():
    with pytest.raises(KnowledgeBaseError, match="must be the URL"):
        RefreshOptions(server="openml.org")
