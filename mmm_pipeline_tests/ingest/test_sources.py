from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import pytest
from moto.server import ThreadedMotoServer

from mmm_pipeline.errors import SourceError
from mmm_pipeline.ingest.read import digest_sources, read_source
from mmm_pipeline.ingest.sources import load_files, read_truth, resolve_source
from mmm_pipeline.spec import CsvDialect
from mmm_pipeline_tests.factories import make_raw, make_spec, validate

SETTING = ("data", "path")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("gone.csv", "source_missing"),
        ("gone_*.csv", "source_missing"),
        ("../x.csv", "path_leaves_root"),
        ("../*.csv", "path_leaves_root"),
        ("/etc/passwd", "path_leaves_root"),
        ("~/x.csv", "path_leaves_root"),
        ("file:///etc/passwd", "source_kind"),
        ("https://example.com/x.csv", "source_kind"),
        ("x" * 300 + ".csv", "source_unreadable"),
        ("x\0.csv", "source_unreadable"),
        ("data/**.csv", "source_unreadable"),
    ],
)
def test_a_source_that_is_not_below_the_data_root_is_refused(
    path: str, code: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as caught:
        load_files(tmp_path, path, SETTING)

    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].setting == SETTING


@pytest.mark.parametrize("path", ["link.csv", "*.csv", "sub/*.csv"])
def test_a_link_that_leaves_the_data_root_is_refused(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "sub").symlink_to(tmp_path)

    with pytest.raises(SourceError) as caught:
        load_files(root, path, SETTING)

    assert caught.value.problems[0].code == "path_leaves_root"


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")

    with pytest.raises(SourceError):
        load_files(tmp_path, "a.csv", SETTING)


def test_brackets_in_a_name_are_letters(tmp_path: Path) -> None:
    (tmp_path / "a[1]_x.csv").write_text("a\n")

    assert list(load_files(tmp_path, "a[1]_*.csv", SETTING)) == ["a[1]_x.csv"]


def test_one_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n")

    assert resolve_source(tmp_path, "a.csv", SETTING) == tmp_path / "a.csv"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3 with a bucket, and the environment that leads there."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="acme")
        fsspec.filesystem("s3").clear_instance_cache()
        yield "s3://acme"
    server.stop()


def test_an_address_on_s3_is_read(store: str, tmp_path: Path) -> None:
    raw = make_raw()
    boto3.client("s3").put_object(
        Bucket="acme", Key="in/acme.csv", Body=raw.to_csv(index=False).encode()
    )

    frame = read_source(tmp_path, f"{store}/in/acme.csv", CsvDialect()).frame

    assert validate(frame, make_spec()).equals(validate(raw, make_spec()))


def test_a_pattern_on_s3_reads_every_object_and_sees_new_ones(store: str, tmp_path: Path) -> None:
    client = boto3.client("s3")
    spec = make_spec(data={"path": f"{store}/parts/*.parquet", "date": "week", "target": "sales"})
    raw = make_raw()
    for name, part in (("a", raw.iloc[:10]), ("b", raw.iloc[10:])):
        client.put_object(
            Bucket="acme", Key=f"parts/{name}.parquet", Body=part.to_parquet(index=False)
        )
    before = digest_sources(tmp_path, spec)
    frame = read_source(tmp_path, str(spec.data.path), CsvDialect()).frame
    client.put_object(Bucket="acme", Key="parts/c.parquet", Body=raw.to_parquet(index=False))

    assert len(frame) == len(raw)
    assert digest_sources(tmp_path, spec) != before


@pytest.mark.parametrize("key", ["gone.csv", "gone/*.csv"])
def test_an_object_that_is_not_there_is_refused(store: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load_files(tmp_path, f"{store}/{key}", SETTING)

    assert caught.value.problems[0].code == "source_missing"
    assert f"{store}/{key}" in str(caught.value)


def test_a_store_that_needs_a_package_says_which(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"needs a package: .*gcsfs"):
        load_files(tmp_path, "gs://acme/a.csv", SETTING)


@pytest.mark.parametrize("text", ["{", "[1]", '{"roas": 5}', '{"roas": {"tv": NaN}}'])
def test_a_truth_that_is_none_points_at_its_own_setting(text: str, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(text)

    with pytest.raises(SourceError) as caught:
        read_truth(tmp_path, "truth.json")

    assert caught.value.problems[0].setting == ("truth",)


def test_a_truth_is_optional(tmp_path: Path) -> None:
    assert read_truth(tmp_path, None) is None
