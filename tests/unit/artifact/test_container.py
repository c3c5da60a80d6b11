import json
import os
import stat
import zipfile
from collections.abc import Mapping

import pytest

from headstart.artifact import Limits, read_artifact, write_artifact
from headstart.artifact.container import record_bytes
from headstart.exceptions import ArtifactError

PARTS = {
    "schema.json": b'{"columns": []}',
    "models/0/trees.safetensors": bytes(range(256)) * 40,
    "models/1/empty": b"",
}


@pytest.fixture(params=["file", "folder"])
def path(request, tmp_path):
    return f"{tmp_path}/m.headstart" + ("/" if request.param == "folder" else "")


def test_parts_come_back_as_they_went(path):
    write_artifact(path, PARTS)

    artifact = read_artifact(path)

    assert dict(artifact.parts) == PARTS
    assert artifact.sizes == {name: len(content) for name, content in PARTS.items()}


def test_a_record_is_read_as_json(path):
    write_artifact(path, PARTS)

    assert read_artifact(path).record("schema.json") == {"columns": []}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1] 2", b"NaN", b'{"a": 1, "a": 2}', b"1e999", b"[" * 65, b"\xff"],
)
def test_a_part_that_is_no_record_is_refused_where_it_is_read_as_one(path, content):
    write_artifact(path, {"a.json": content})
    artifact = read_artifact(path)

    assert artifact.parts["a.json"] == content
    with pytest.raises(ArtifactError, match=r"m\.headstart.* 'a\.json' is not a JSON"):
        artifact.record("a.json")


def test_a_record_that_is_too_large_is_not_parsed(path):
    write_artifact(path, {"a.json": b"[" + b" " * 100 + b"]"})

    artifact = read_artifact(path, limits=Limits(max_record_bytes=100))
    with pytest.raises(ArtifactError, match="102 bytes; at most 100 of JSON are read"):
        artifact.record("a.json")


@pytest.mark.parametrize("text", ["NaN", "[" * 65 + "]" * 65, '{"a": 1, "a": 2}', ""])
def test_a_record_that_would_not_be_read_back_is_not_written(text):
    with pytest.raises(ArtifactError, match=r"cannot be saved\. Part 'a\.json'"):
        record_bytes("a.json", text)


def test_half_a_character_in_a_record_is_a_question_mark(path):
    write_artifact(path, {"a.json": record_bytes("a.json", '{"x": "\ud800"}')})

    assert read_artifact(path).record("a.json") == {"x": "?"}


def test_a_part_that_the_caller_does_not_know_is_refused_unless_it_is_optional(path):
    known = ["schema.json", "models/"]
    parts = {**PARTS, "golden/rows": b"1"}

    write_artifact(path, parts)
    with pytest.raises(ArtifactError, match=r"needs a reader .*'golden/rows'"):
        read_artifact(path, known=known)

    write_artifact(path, parts, optional=["golden/rows"])
    assert dict(read_artifact(path, known=known).parts) == parts


def test_mapping_of_parts_knows_its_names_without_reading(path):
    write_artifact(path, PARTS)

    parts = read_artifact(path).parts

    assert len(parts) == 3
    assert set(parts) == set(PARTS)
    assert "schema.json" in parts
    assert "absent" not in parts
    with pytest.raises(KeyError):
        parts["absent"]


def test_versions_of_the_makers_are_noted(path):
    write_artifact(path, {}, distributions=["pytest"])

    made_by = read_artifact(path).made_by

    assert {"headstart", "python", "numpy", "pytest"} <= set(made_by)


def test_same_content_gives_the_same_bytes_in_any_order(tmp_path):
    write_artifact(tmp_path / "a", PARTS)
    write_artifact(tmp_path / "b", dict(reversed(PARTS.items())))

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_tools_can_unpack_a_file_and_its_folder_loads(tmp_path):
    write_artifact(tmp_path / "m", PARTS)

    with zipfile.ZipFile(tmp_path / "m") as unpacked:
        assert unpacked.testzip() is None
        assert unpacked.namelist()[0] == "manifest.json"
        unpacked.extractall(tmp_path / "folder")

    assert dict(read_artifact(tmp_path / "folder").parts) == PARTS


def test_manifest_on_disk_has_format_sizes_and_checksums(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)

    record = json.loads((tmp_path / "m" / "manifest.json").read_text())

    assert record["format"] == "headstart-model"
    assert record["format_version"] == 2
    assert record["parts"]["models/1/empty"] == {
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "size": 0,
    }


def test_a_model_is_replaced_and_nothing_is_left_beside_it(path, tmp_path):
    write_artifact(path, PARTS)
    write_artifact(path, {"only": b"one"})

    artifact = read_artifact(path)

    assert dict(artifact.parts) == {"only": b"one"}
    assert [p.name for p in tmp_path.iterdir()] == ["m.headstart"]


def test_an_existing_empty_folder_becomes_the_model(tmp_path):
    (tmp_path / "m").mkdir()

    write_artifact(tmp_path / "m", PARTS)

    assert (tmp_path / "m" / "manifest.json").is_file()
    assert dict(read_artifact(tmp_path / "m").parts) == PARTS


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")

    with pytest.raises(ArtifactError, match=r"not a model.*model\.headstart"):
        write_artifact(tmp_path, PARTS)

    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_model_folder_with_a_file_of_the_user_is_not_replaced(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    (tmp_path / "m" / "notes.txt").write_text("keep me")

    with pytest.raises(ArtifactError, match="not a model that could be replaced"):
        write_artifact(f"{tmp_path}/m/", PARTS)

    assert (tmp_path / "m" / "notes.txt").read_text() == "keep me"


def test_a_link_keeps_pointing_and_what_it_points_to_changes(tmp_path):
    write_artifact(tmp_path / "real", {"n": b"1"})
    (tmp_path / "link").symlink_to("real")

    write_artifact(tmp_path / "link", {"n": b"2"})

    assert (tmp_path / "link").is_symlink()
    assert dict(read_artifact(tmp_path / "real").parts) == {"n": b"2"}


def test_a_saved_file_has_the_permissions_that_new_files_get(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_artifact(tmp_path / "m", {})

    plain, model = (stat.S_IMODE((tmp_path / n).stat().st_mode) for n in ("plain", "m"))
    assert model == plain


def test_a_part_that_is_not_bytes_is_refused_by_name(path, tmp_path):
    with pytest.raises(TypeError, match=r"'a\.txt' must be bytes. Got str"):
        write_artifact(path, {"a.txt": "text"})

    assert list(tmp_path.iterdir()) == []


def test_a_part_changed_after_opening_is_noticed(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    artifact = read_artifact(tmp_path / "m")
    (tmp_path / "m" / "schema.json").write_bytes(b'{"columns": {}}')

    with pytest.raises(ArtifactError, match=r"'schema\.json' is damaged, or was chang"):
        artifact.parts["schema.json"]


def test_verify_reads_every_part(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    artifact = read_artifact(tmp_path / "m")
    artifact.verify()
    (tmp_path / "m" / "schema.json").write_bytes(b'{"columns": {}}')

    with pytest.raises(ArtifactError, match=r"schema\.json"):
        artifact.verify()


def test_a_part_that_went_away_after_opening_is_an_oserror(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    artifact = read_artifact(tmp_path / "m")
    (tmp_path / "m" / "schema.json").unlink()

    with pytest.raises(FileNotFoundError, match="a part of it is missing"):
        artifact.parts["schema.json"]


@pytest.mark.parametrize("name", ["m", "m.headstart", "no/such/folder/m"])
def test_nothing_there_says_what_was_expected(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"There is no model at .* save\(\)"):
        read_artifact(tmp_path / name)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"a,b\n1,2\n", b"\x80\x04\x95" * 50, b"PK\3\4" + bytes(99)]
)
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "m").write_bytes(content)

    with pytest.raises(ArtifactError, match=r"m cannot be loaded as a model\. It "):
        read_artifact(tmp_path / "m")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"has no manifest\.json"):
        read_artifact(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "m")

    with pytest.raises(ArtifactError, match="neither a file nor a folder"):
        read_artifact(tmp_path / "m")
    with pytest.raises(ArtifactError, match="not a plain file"):
        write_artifact(tmp_path / "m", {})


def test_a_missing_part_of_a_folder_is_named(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    (tmp_path / "m" / "schema.json").unlink()

    with pytest.raises(ArtifactError, match=r"Part 'schema\.json' is missing"):
        read_artifact(tmp_path / "m")


def test_a_part_of_another_size_is_named(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    (tmp_path / "m" / "schema.json").write_bytes(b"{}")

    with pytest.raises(ArtifactError, match=r"'schema\.json' has 2 bytes, and 15 by"):
        read_artifact(tmp_path / "m")


def test_a_file_added_to_a_folder_is_named(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    (tmp_path / "m" / "models" / "extra.pkl").write_bytes(b"")

    with pytest.raises(ArtifactError, match=r"'models/extra\.pkl', which its manifest"):
        read_artifact(tmp_path / "m")


@pytest.mark.parametrize("name", ["schema.json", "models"])
def test_links_in_a_folder_are_refused(tmp_path, name):
    write_artifact(f"{tmp_path}/m/", PARTS)
    (tmp_path / "m" / name).rename(tmp_path / "elsewhere")
    (tmp_path / "m" / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ArtifactError, match=f"'{name}' is a link or a device"):
        read_artifact(tmp_path / "m")


def test_a_link_put_in_after_opening_is_not_followed(tmp_path):
    write_artifact(f"{tmp_path}/m/", PARTS)
    artifact = read_artifact(tmp_path / "m")
    (tmp_path / "m" / "schema.json").rename(tmp_path / "elsewhere")
    (tmp_path / "m" / "schema.json").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="cannot be read"):
        artifact.parts["schema.json"]


def test_a_folder_of_too_many_files_is_refused(tmp_path):
    write_artifact(f"{tmp_path}/m/", {f"p{i}": b"" for i in range(9)})

    with pytest.raises(ArtifactError, match="more than 3 files and folders"):
        read_artifact(tmp_path / "m", limits=Limits(max_parts=3))


def test_a_manifest_file_too_large_is_refused_unread(path):
    write_artifact(path, PARTS)

    with pytest.raises(ArtifactError, match=r"manifest\.json has \d+ bytes; at most 9"):
        read_artifact(path, limits=Limits(max_manifest_bytes=99))


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_parts=2),
        Limits(max_part_bytes=100),
        Limits(max_total_bytes=100),
        Limits(max_manifest_bytes=100),
        Limits(max_name_length=12),
    ],
)
def test_the_writer_keeps_the_limits_of_the_reader(path, tmp_path, limits):
    with pytest.raises(ArtifactError):
        write_artifact(path, PARTS, limits=limits)
    assert list(tmp_path.iterdir()) == []

    write_artifact(path, PARTS)
    with pytest.raises(ArtifactError):
        read_artifact(path, limits=limits)


def test_parts_are_stored_as_they_are(tmp_path):
    write_artifact(tmp_path / "m", {"zeros": bytes(10**6)})

    with zipfile.ZipFile(tmp_path / "m") as other:
        assert {i.compress_type for i in other.infolist()} == {zipfile.ZIP_STORED}
    assert (tmp_path / "m").stat().st_size > 10**6
    assert read_artifact(tmp_path / "m").parts["zeros"] == bytes(10**6)


def test_parts_are_taken_one_at_a_time(tmp_path):
    class Counting(dict):
        n_reads = 0

        def __getitem__(self, name):
            Counting.n_reads += 1
            return super().__getitem__(name)

    write_artifact(tmp_path / "m", Counting(PARTS))

    assert Counting.n_reads == 2 * len(PARTS)


@pytest.mark.slow
def test_a_model_of_more_than_four_gigabytes_is_one_file(tmp_path):
    class Zeros(Mapping):
        """Parts that are made when they are asked for."""

        names = tuple(f"part-{i:02d}" for i in range(18))

        def __getitem__(self, name):
            return bytes(2**28 - 1) + name.encode()

        def __iter__(self):
            return iter(self.names)

        def __len__(self):
            return len(self.names)

    path = tmp_path / "m"

    write_artifact(path, Zeros())

    artifact = read_artifact(path)
    assert path.stat().st_size > 2**32
    for name in (Zeros.names[0], Zeros.names[-1]):
        assert artifact.parts[name].lstrip(b"\0") == name.encode()
    with zipfile.ZipFile(path) as other, other.open(Zeros.names[-1]) as member:
        member.seek(2**28 - 1)
        assert member.read() == Zeros.names[-1].encode()
