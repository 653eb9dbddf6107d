"""A site with a street map of one grey tile, for tests."""

import http.server
import struct
import threading
import zlib
from typing import Self


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _tile() -> bytes:
    head = struct.pack(">IIBBBBB", 256, 256, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([200 + row // 16 % 2 * 20]) * 256 for row in range(256))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


class Tiles:
    """It notes what it was asked for and by whom; while it is `away`, it has no tile."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.away = False
        tile, this = _tile(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                this.asked.append((self.path, self.headers.get("Referer")))
                self.send_response(503 if this.away else 200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                self.wfile.write(b"" if this.away else tile)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{{z}}/{{x}}/{{y}}.png"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
