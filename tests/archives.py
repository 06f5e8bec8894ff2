"""A model pack as it is published: an archive on a local server, with the faults that servers have."""

from __future__ import annotations

import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from facebank.artifacts.digests import sha256_file
from facebank.runtime.packs import read_pack
from portraits import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "published", "serving"]


class Server(ThreadingHTTPServer):
    """Serves one file under any path, as proxy too; remembers what was asked of it.

    `fault` is what it does to a request: nothing, ``breaks`` off halfway, answers ``404``, sends the client
    to another place (``to:<url>``), or does not know of ranges (``whole``).
    """

    content = b""
    fault = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        """The address of its folder."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer."""
        server, wanted = self.server, self.headers["Range"]
        server.asked.append((self.path, wanted))
        content, fault = server.content, server.fault
        if fault == "404":
            self.send_error(404)
        elif fault.startswith("to:"):
            self.send_response(302)
            self.send_header("Location", fault.removeprefix("to:"))
            self.end_headers()
        else:
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and fault != "whole" else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = (start + len(content)) // 2 if fault == "breaks" else len(content)
            self.wfile.write(content[start:end])


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """Serve some bytes while the block runs."""
    with Server() as server:
        server.content = content
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def published(folder: Path, *, inside: str = "tiny/", name: str = "published") -> Path:
    """Make a folder of packs that knows one pack, not here yet: the files of `tiny`; give its archive."""
    models = folder / "models"
    models.mkdir(parents=True)
    archive = folder / f"{name}.zip"
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("../../evil.txt", "out of the folder")
        for path in sorted(TINY.glob("*.onnx")):
            members.write(path, inside + path.name)
    content = read_pack(TINY).model_dump(mode="json", exclude={"format"})
    known = {
        "file": archive.name,
        "sha256": sha256_file(archive),
        "size": archive.stat().st_size,
        "source": f"https://models.invalid/{archive.name}",
    }
    lock = {"format": 1, "packs": [{**content, "name": name, "archive": known}]}
    (models / "models.lock.yaml").write_text(yaml.safe_dump(lock), encoding="utf-8")
    return archive
