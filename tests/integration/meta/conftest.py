"""Places for bases: a file, and a PostgreSQL server of the tests' own."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

_NUMBERS = itertools.count()


def _server_programs():
    """Return the folder of PostgreSQL's programs, or None."""
    program = shutil.which("initdb")
    if program and shutil.which("pg_ctl"):
        return Path(program).parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name)
    )
    return next((f for f in reversed(folders) if (f / "initdb").exists()), None)


def _unprivileged_user():
    """Return a user to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a fresh database; skips where there is no server or no driver."""
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    programs = _server_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's programs initdb and pg_ctl")
    user = _unprivileged_user()
    # Not below pytest's folders, which only their owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="headstart-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(program, *arguments):
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    try:
        run("initdb", "-U", "headstart", "-A", "trust", "-E", "UTF8", "--no-sync")
        # A socket in the folder and no port: nothing outside can reach it.
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", folder / "log", "-o", options)
        try:
            yield f"postgresql://headstart@/postgres?host={quote(str(folder), safe='')}"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def schema(postgresql):
    """The URL of an empty schema of a test's own on the server."""
    import sqlalchemy

    name = f"base{next(_NUMBERS)}"
    engine = sqlalchemy.create_engine(
        postgresql.replace("postgresql://", "postgresql+psycopg://")
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create schema {name}")
    engine.dispose()
    return f"{postgresql}&options={quote(f'-c search_path={name}')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a base can be made: a file, and a schema of its own on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "base.db")
    return request.getfixturevalue("schema")
