"""The only code that opens a socket: fetch one published file, resumed where it broke off.

What arrives has to have the size and the SHA-256 that are known before; only then it takes its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import Progress

from facebank.artifacts.atomic import sync
from facebank.artifacts.digests import sha256_file
from facebank.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.runtime.catalogue import Archive

__all__ = ["download", "require_content"]

#: What is lost when a connection breaks: the block that was being read.
_BLOCK = 1 << 16
#: Seconds for a connection, and between two blocks.
_TIMEOUT = (20.0, 60.0)
_PARTIAL, _RANGE_REFUSED, _FIRST_ERROR = 206, 416, 400


def download(archive: Archive, target: Path, *, url: str, proxy: str | None = None) -> None:
    """Fetch an archive, and give it its name when it is whole and what it should be.

    Parameters
    ----------
    archive : Archive
        Size and digest that it must have.
    target : Path
        Where it goes. What has arrived so far stands beside it, with ``.part`` at its name's end.
    url : str
        Where it is: http or https. A redirect to less than https is not followed from https.
    proxy : str, optional
        A proxy for both. Without it, those of the environment (``HTTPS_PROXY``, ``NO_PROXY``) hold.

    Raises
    ------
    ModelError
        If the server cannot be reached, answers with an error or with something else, or breaks off.
    """
    part = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    if part.is_file() and part.stat().st_size > archive.size:
        part.unlink()
    try:
        if not part.is_file() or part.stat().st_size < archive.size:
            _receive(archive, part, url, proxy)
    except requests.RequestException as error:
        raise _unreachable(archive, target, url, error) from error
    try:
        require_content(archive, part)
    except ModelError:
        part.unlink()
        raise
    sync(part)
    part.replace(target)
    sync(target.parent)


def require_content(archive: Archive, path: Path) -> None:
    """Insist that a file is the archive.

    Raises
    ------
    ModelError
        With both digests.
    """
    found = sha256_file(path)
    if found != archive.sha256:
        raise ModelError(
            "This is not the archive that the lock file means",
            file=path,
            expected=f"SHA-256 {archive.sha256} ({archive.size} bytes)",
            found=f"{found} ({path.stat().st_size} bytes)",
            remedy="Fetch it from another place. Was it published anew? Then models.lock.yaml needs digests "
            "that somebody has checked.",
        )


def _receive(archive: Archive, part: Path, url: str, proxy: str | None) -> None:
    """Add to a partial file what it lacks; begin again where the server cannot resume."""
    with requests.Session() as session:
        session.adapters.clear()
        for scheme in ("https://",) if url.startswith("https:") else ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=3))
        proxies = {"http": proxy, "https": proxy} if proxy else None
        start = part.stat().st_size if part.is_file() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with session.get(url, stream=True, timeout=_TIMEOUT, proxies=proxies, headers=headers) as response:
            if response.status_code >= _FIRST_ERROR:
                if response.status_code == _RANGE_REFUSED:
                    part.unlink(missing_ok=True)
                raise ModelError(
                    "The server does not give the archive",
                    file=response.url,
                    found=f"HTTP {response.status_code} {response.reason}",
                    remedy="Run it again, or name another folder that has the archive with --mirror.",
                )
            resumed = response.status_code == _PARTIAL and response.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {start}-")
            _store(archive, part, response, start if resumed else 0)


def _store(archive: Archive, part: Path, response: requests.Response, start: int) -> None:
    """Write a response's body behind the first `start` bytes, no more than the archive has."""
    console = Console(stderr=True)
    with (
        part.open("r+b" if start else "wb") as file,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
    ):
        file.seek(start)
        task = progress.add_task(archive.file, total=archive.size, completed=start)
        size = start
        for block in response.iter_content(_BLOCK):
            size += len(block)
            if size > archive.size:
                break
            file.write(block)
            progress.update(task, completed=size)
    if size != archive.size:
        part.unlink()
        raise ModelError(
            "The server gives another file",
            file=response.url,
            expected=f"{archive.size} bytes",
            found="more" if size > archive.size else f"{size}",
            remedy="Name another folder that has the archive with --mirror.",
        )


def _unreachable(archive: Archive, target: Path, url: str, error: requests.RequestException) -> ModelError:
    """Say that the archive did not arrive, and how it can be had without a network."""
    reason: BaseException = error
    while reason.__cause__ or reason.__context__:
        reason = reason.__cause__ or reason.__context__  # type: ignore[assignment]
    return ModelError(
        "The archive cannot be fetched",
        file=url,
        found=" ".join(str(reason).split()) or type(reason).__name__,
        remedy=f"Run it again where there is a network: it goes on where it stopped. Or get {archive.file} "
        f"({archive.size / 1e6:.0f} MB, SHA-256 {archive.sha256}) by other means, put it at {target}, and "
        "run it again.",
    )
