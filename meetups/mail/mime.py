"""The parts of a mail as bytes (RFC 2045, 2046): all in seven bits, in lines of at most LINE characters.

Python's own `EmailMessage` does the same, parses each header twice as it does, and takes longer than all else that a
mail needs together. `tests/mail/test_message.py` holds one against the other.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from secrets import token_hex

LINE = 78
LINE_END = re.compile(rb"\r\n|\r|\n")


def text(kind: str, words: str) -> bytes:
    """Return a part of text ("plain" or "html")."""
    way, body = _seven_bits(LINE_END.sub(b"\r\n", (words.removesuffix("\n") + "\n").encode()))
    return _part(f'text/{kind}; charset="utf-8"', way, body)


def calendar(kind: str, content: bytes, method: str | None = None, name: str | None = None) -> bytes:
    """Return a calendar as it is; `method` makes it an invitation (RFC 6047), `name` a file."""
    of = f'{kind}; charset="utf-8"' + (f'; method="{method}"' if method else "")
    return _part(of, "base64", _base64(content), f'attachment; filename="{name}"' if name else None)


def together(kind: str, parts: Sequence[bytes]) -> bytes:
    """Return several parts as one (multipart/<kind>)."""
    boundary = f"={token_hex(16)}="
    line = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _seven_bits(content: bytes) -> tuple[str, bytes]:
    if content.isascii() and max(map(len, content.split(b"\r\n"))) <= LINE:
        return "7bit", content
    # Of letters outside ASCII three bytes become nine, or four.
    return min(("quoted-printable", b2a_qp(content)), ("base64", _base64(content)), key=lambda way: len(way[1]))


def _base64(content: bytes) -> bytes:
    return encodebytes(content).replace(b"\n", b"\r\n")


def _part(kind: str, way: str, body: bytes, disposition: str | None = None) -> bytes:
    said = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {way}\r\n{said}\r\n".encode() + body
