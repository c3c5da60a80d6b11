"""Files at addresses: HTTP, cloud stores and what fsspec opens, on the loopback."""

import contextlib
import gzip
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from headstart.exceptions import TableError
from headstart.tables import to_frame
from headstart.tables.read.batches import read_batches

CSV = b'shop,note\n007,"two\n\nlines"\n012,\n'
ROWS = [("007", "two\n\nlines"), ("012", None)]
KEY, SECRET = "AKIAEXAMPLE", "b3rtha-topsecret"


class _Store(BaseHTTPRequestHandler):
    """Files by name, whole or in ranges, as stores and web servers give them."""

    files: dict[str, bytes]

    def do_GET(self):
        name = self.path.partition("?")[0].rsplit("/", 1)[-1]
        if name == "denied.csv":
            # As Amazon does.
            answer = f"<Error><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>".encode()
            return self._send(403, answer)
        if name not in self.files:
            return self._send(404, b"")
        data, wanted = self.files[name], self.headers.get("Range")
        if wanted is None:
            return self._send(200, data)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        if not first:  # The last bytes.
            first, last = max(0, len(data) - int(last)), ""
        start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
        place = f"bytes {start}-{end}/{len(data)}"
        return self._send(206, data[start : end + 1], place)

    def do_HEAD(self):
        self.do_GET()

    def _send(self, status, body, place=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 01 Dec 2026 03:00:00 GMT")
        self.send_header("ETag", '"1"')
        if place is not None:
            self.send_header("Content-Range", place)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def serving(files):
    handler = type("Handler", (_Store,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def parquet(frame):
    data = io.BytesIO()
    frame.write_parquet(data)
    return data.getvalue()


@pytest.fixture(scope="module")
def files():
    return {
        "t.csv": CSV,
        "t.csv.gz": gzip.compress(CSV),
        "german.csv": "Größe;x\n1,5;2\n".encode("cp1252"),
        "t.parquet": parquet(pl.DataFrame({"a": [1, 2]})),
        "t.jsonl": b'{"a": 1}\n{"a": 2}\n',
        "bad.parquet": b"PAR1 and no more",
        "total.csv": b"town,n\nUlm,1\nBonn,2\nTotal,3\n",
    }


@pytest.fixture(scope="module")
def web(files):
    with serving(files) as place:
        yield place


@pytest.fixture
def cloud(files, monkeypatch):
    with serving(files) as place:
        monkeypatch.setenv("AWS_ENDPOINT_URL", place)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield "s3://bucket/folder"


def test_files_are_read_by_http(web):
    assert to_frame(f"{web}/t.csv").rows() == ROWS
    assert to_frame(f"{web}/t.csv.gz").rows() == ROWS
    assert to_frame(f"{web}/t.parquet?x=1").rows() == [(1,), (2,)]
    assert to_frame(f"{web}/t.jsonl").rows() == [(1,), (2,)]


def test_files_of_cloud_stores_are_read(cloud):
    assert to_frame(f"{cloud}/t.csv").rows() == ROWS
    assert to_frame(f"{cloud}/t.csv.gz").rows() == ROWS
    assert to_frame(f"{cloud}/t.parquet").rows() == [(1,), (2,)]
    assert to_frame(f"{cloud}/t.jsonl").rows() == [(1,), (2,)]


@pytest.mark.parametrize("place", ["web", "cloud"])
def test_errors_say_the_reason(place, request):
    place = request.getfixturevalue(place)
    with pytest.raises(TableError, match=r"no file at .*absent\.csv|404"):
        to_frame(f"{place}/absent.csv")
    with pytest.raises(TableError, match=r"bad\.parquet is not a whole parquet file"):
        to_frame(f"{place}/bad.parquet")
    with pytest.raises(TableError, match=r"ends in '\.doc'"):
        to_frame(f"{place}/t.doc")


def test_denied_access_is_told_without_keys(cloud):
    with pytest.raises(TableError, match="access is denied") as raised:
        to_frame(f"{cloud}/denied.csv")
    assert_tells_no_secret(raised.value)


def test_a_signed_address_is_told_without_its_signature(web):
    with pytest.raises(TableError, match=r"absent\.csv cannot be read") as raised:
        to_frame(f"{web}/absent.csv?X-Amz-Signature={SECRET}&id={KEY}")
    assert_tells_no_secret(raised.value)
    with pytest.raises(TableError, match="is not a whole parquet") as raised:
        to_frame(f"{web}/bad.parquet?sig={SECRET}")
    assert_tells_no_secret(raised.value)


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "nosuch"])
def test_a_password_in_an_address_is_never_told(scheme):
    with pytest.raises(TableError, match="cannot be read") as raised:
        to_frame(f"{scheme}://{KEY}:{SECRET}@127.0.0.1:1/t.csv")
    assert_tells_no_secret(raised.value)


def assert_tells_no_secret(error):
    while error is not None:
        assert SECRET not in str(error)
        assert KEY not in str(error)
        is_shown = error.__cause__ is not None or not error.__suppress_context__
        error = (error.__cause__ or error.__context__) if is_shown else None


def test_other_encodings_of_a_cloud_store_are_read_by_fsspec(cloud, monkeypatch):
    fsspec = pytest.importorskip("fsspec", reason="needs the package fsspec")
    opened = []

    def open_bytes(address, mode):
        opened.append((address, mode))
        return contextlib.nullcontext(io.BytesIO("Größe;x\n1,5;2\n".encode("cp1252")))

    monkeypatch.setattr(fsspec, "open", open_bytes)
    with pytest.warns(UserWarning, match="read as Windows-1252"):
        frame = to_frame(f"{cloud}/german.csv")
    assert frame.rows() == [(1.5, 2)]
    assert frame.columns == ["Größe", "x"]
    assert opened == [(f"{cloud}/german.csv", "rb")]


def test_each_row_at_an_address_has_a_prediction(web):
    [batch] = read_batches(f"{web}/total.csv")
    assert batch.height == 3
    with pytest.warns(UserWarning, match="totals"):
        assert to_frame(f"{web}/total.csv").height == 2


def test_whatever_fsspec_opens_is_read():
    fsspec = pytest.importorskip("fsspec", reason="needs the package fsspec")
    with fsspec.open("memory://t.csv", "wb") as out:
        out.write(b"a,b\n1,2\n")
    assert to_frame("memory://t.csv").rows() == [(1, 2)]
    with pytest.raises(TableError, match="cannot be read"):
        to_frame("nosuch://t.csv")
