"""The download: whole or not there, resumed, and in one sentence where it fails."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import facebank
from archives import serving
from facebank.artifacts.digests import sha256_bytes
from facebank.errors import ModelError
from facebank.runtime.catalogue import Archive
from facebank.runtime.download import download

CONTENT = bytes(range(256)) * 1600
HALF = len(CONTENT) // 2


def archive(content: bytes = CONTENT) -> Archive:
    return Archive(
        file="a.zip", sha256=sha256_bytes(content), size=len(content), source="https://models.invalid/a.zip"
    )


def test_a_download_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.zip"
    with serving(CONTENT) as server:
        download(archive(), target, url=f"{server.url}/a.zip")
        assert server.asked == [("/a.zip", None)]
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("fault", ["", "whole"])
def test_a_download_that_broke_off_goes_on(tmp_path: Path, fault: str) -> None:
    target, part = tmp_path / "a.zip", tmp_path / "a.zip.part"
    with serving(CONTENT) as server:
        server.fault = "breaks"
        with pytest.raises(ModelError, match=r"cannot be fetched.*Run it again.*put it at .*a\.zip"):
            download(archive(), target, url=f"{server.url}/a.zip")
        had = part.stat().st_size
        assert 0 < had <= HALF
        assert part.read_bytes() == CONTENT[:had]
        server.fault = fault
        download(archive(), target, url=f"{server.url}/a.zip")
        assert server.asked[1] == ("/a.zip", f"bytes={had}-")
    assert target.read_bytes() == CONTENT
    assert not part.exists()


def test_a_part_that_is_whole_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    download(archive(), tmp_path / "a.zip", url="http://127.0.0.1:9/a.zip")
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("part", "served", "message"),
    [
        (b"", CONTENT[:-1] + b"x", r"not the archive that the lock file means.*expected SHA-256 .* found "),
        (b"x" * HALF, CONTENT, "not the archive"),
        (b"", CONTENT + b"x", "another file.*expected 409600 bytes, found more"),
        (b"", CONTENT[:-1], "another file.*expected 409600 bytes, found 409599"),
        (b"x" * HALF, CONTENT[:9], "HTTP 416"),
    ],
)
def test_other_content_is_refused_and_forgotten(
    tmp_path: Path, part: bytes, served: bytes, message: str
) -> None:
    if part:
        (tmp_path / "a.zip.part").write_bytes(part)
    with serving(served) as server, pytest.raises(ModelError, match=message):
        download(archive(), tmp_path / "a.zip", url=f"{server.url}/a.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_too_long_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT * 2)
    with serving(CONTENT) as server:
        download(archive(), tmp_path / "a.zip", url=f"{server.url}/a.zip")
        assert server.asked == [("/a.zip", None)]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("404", "does not give the archive.*found HTTP 404"),
        ("to:file:///etc/passwd", "cannot be fetched.*No connection adapters"),
        ("to:ftp://127.0.0.1/a.zip", "cannot be fetched.*No connection adapters"),
        ("to:/a.zip", "cannot be fetched.*30 redirects"),
    ],
)
def test_what_a_server_may_do_instead(tmp_path: Path, fault: str, message: str) -> None:
    with serving(CONTENT) as server, pytest.raises(ModelError, match=message):
        server.fault = fault
        download(archive(), tmp_path / "a.zip", url=f"{server.url}/a.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_followed_and_the_proxy_is_asked(tmp_path: Path) -> None:
    with serving(CONTENT) as proxy, serving(CONTENT) as server:
        server.fault = f"to:{proxy.url}/b.zip"
        download(archive(), tmp_path / "a.zip", url=f"{server.url}/a.zip")
        assert proxy.asked == [("/b.zip", None)]
        download(archive(), tmp_path / "b.zip", url="http://models.invalid/a.zip", proxy=proxy.url)
        assert proxy.asked[1:] == [("http://models.invalid/a.zip", None)]
    assert (tmp_path / "b.zip").read_bytes() == CONTENT


def test_https_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted: list[str] = []
    monkeypatch.setattr("requests.Session.mount", lambda _, scheme, __: mounted.append(scheme))
    with pytest.raises(ModelError, match="No connection adapters"):
        download(archive(), tmp_path / "a.zip", url="https://models.invalid/a.zip")
    assert mounted[-1:] == ["https://"]
    assert mounted.count("http://") == 1  # requests' own, which are cleared


def test_nothing_else_opens_a_socket() -> None:
    network = {"socket", "ssl", "http", "urllib", "urllib3", "requests", "ftplib", "smtplib", "asyncio"}
    package = Path(facebank.__file__).parent
    importing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [it.name for it in node.names]
        )
        if name.split(".")[0] in network and name != "urllib.parse"
    }
    assert importing == {"runtime/download.py"}
