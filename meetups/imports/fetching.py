"""Reading a file at an address that a member has typed, without being led to where only we can go (SSRF)."""

import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from meetups.domain.errors import Problem

MOST_BYTES = 5 * 1024 * 1024  # after decompression
TOTAL_SECONDS = 10.0
MOST_REDIRECTS = 3
URL_LETTERS = 500
HTTPS = 443
NO_ADDRESS = "Give an address that begins with https:// and leads to a calendar file."
NOT_OUTSIDE = "That address does not lead to a site that everybody can reach."
ELSEWHERE = "That address sends us on to another site. Give the one it leads to."
AWAY = "That site did not answer."
TOO_SLOW = "That site took too long to answer."
TOO_BIG = "That calendar is larger than 5 MB."
UNTRUSTED = "That site's certificate is not in order."
IN_A_CODE = "That site answered in a form we do not read."
_REDIRECTS = (301, 302, 303, 307, 308)
# Global unicast as it is given out (RFC 4291), without what is there for documents (RFC 9637) and for relays.
_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_FOR_US = tuple(map(ipaddress.ip_network, ("3fff::/20", "192.88.99.0/24")))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Return whether everybody can reach an address: global unicast, also inside those that only carry another."""
    inner = _carried(address) if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _NOT_FOR_US if network.version == address.version):
        return False
    if address.version == 6 and address not in _UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> Address | None:
    if address.teredo:
        return address.teredo[1]
    # Of the first 96 bits nothing but zeros: IPv4-compatible, which leads where the last 32 say.
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if (int(address) >> 32) & 0xFCFFFFFF == 0x00005EFE:
        # ISATAP (RFC 5214): the interface is an IPv4 address.
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Guard:
    """Where we may go, and how sure we must be of who answers. Tests go to their own machine; nobody else does."""

    allowed: Callable[[Address], bool] = is_public
    port: int = HTTPS
    context: ssl.SSLContext | None = None
    seconds: float = TOTAL_SECONDS
    resolve: Callable[..., Iterable[Any]] = socket.getaddrinfo


PUBLIC = Guard()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, and what its site wants to be asked with the next time."""

    body: bytes
    etag: str | None
    last_modified: str | None


def checked_url(text: str, guard: Guard = PUBLIC) -> str:
    """Return an address that may be asked for; raise Problem, at the field "url", for any other.

    webcal:// is how calendars write https://. No user, no password, no port but the usual one.
    """
    given = text.strip()
    if given.lower().startswith("webcal://"):
        given = f"https{given[6:]}"
    try:
        parts = urlsplit(given)
        port = parts.port or HTTPS
    except ValueError:
        raise Problem(NO_ADDRESS, "url") from None
    plain = given.isascii() and given.isprintable() and " " not in given and len(given) <= URL_LETTERS
    if not plain or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or port != guard.port:
        raise Problem(NO_ADDRESS, "url")
    return parts._replace(fragment="").geturl()


def fetch(
    url: str, *, etag: str | None = None, last_modified: str | None = None, guard: Guard = PUBLIC
) -> Fetched | None:
    """Return the file at an address; None where it has not changed since the answer that gave the two validators.

    Raises Problem in words that name no address. Takes `guard.seconds` at most, whatever the other side does.
    """
    deadline = time.monotonic() + guard.seconds
    headers = {"If-None-Match": etag, "If-Modified-Since": None if etag else last_modified}
    given = [(name, value) for name, value in headers.items() if value]
    pool = httpcore.ConnectionPool(
        ssl_context=guard.context or httpcore.default_ssl_context(),
        network_backend=_Guarded(guard, deadline),
        keepalive_expiry=0,
    )
    try:
        with pool:
            return _follow(pool, checked_url(url, guard), given, guard)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise Problem(TOO_SLOW, "url") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        untrusted = isinstance(error.__cause__ or error.__context__ or error, ssl.SSLError)
        raise Problem(UNTRUSTED if untrusted else AWAY, "url") from error


def _follow(pool: httpcore.ConnectionPool, url: str, given: list[tuple[str, str]], guard: Guard) -> Fetched | None:
    for _ in range(MOST_REDIRECTS + 1):
        headers = [("Host", urlsplit(url).netloc), ("Accept", "text/calendar, */*;q=0.1"), *given]
        headers += [("User-Agent", "HelloPark (calendar reader)"), ("Accept-Encoding", "gzip")]
        with pool.stream("GET", url, headers=headers) as response:
            said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status == 304 and given:
                return None
            if response.status in _REDIRECTS:
                url = _next(url, said.get("location", ""), guard)
                continue
            if response.status != 200:
                raise Problem(f"That site answered with an error ({response.status}).", "url")
            body = _body(response.iter_stream(), said.get("content-encoding", ""))
            return Fetched(body, _short(said.get("etag"), 200), _short(said.get("last-modified"), 80))
    raise Problem(ELSEWHERE, "url")


def _next(url: str, location: str, guard: Guard) -> str:
    try:
        target = checked_url(urljoin(url, location), guard)
    except ValueError as error:
        raise Problem(ELSEWHERE, "url") from error
    if _site(urlsplit(target)) != _site(urlsplit(url)):
        raise Problem(ELSEWHERE, "url")
    return target


def _site(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port or HTTPS


def _short(value: str | None, most: int) -> str | None:
    return value if value and len(value) <= most and value.isascii() and value.isprintable() else None


def _body(chunks: Iterable[bytes], encoding: str) -> bytes:
    if encoding.lower() not in ("", "identity", "gzip", "x-gzip"):
        raise Problem(IN_A_CODE, "url")
    sent = _capped(chunks)
    return b"".join(_capped(_inflated(sent)) if encoding.lower().endswith("gzip") else sent)


def _capped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    left = MOST_BYTES
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Problem(TOO_BIG, "url")
        yield chunk


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Never more at once than is looked at: a few bytes can stand for gigabytes.
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            yield gzip.decompress(chunk, MOST_BYTES)
            while gzip.unconsumed_tail:
                yield gzip.decompress(gzip.unconsumed_tail, MOST_BYTES)
            if gzip.eof:
                return
    except zlib.error as error:
        raise Problem(IN_A_CODE, "url") from error


class _Guarded(httpcore.NetworkBackend):
    """Opens connections: looks a name up once, checks every address it has, and goes to the one that was checked."""

    def __init__(self, guard: Guard, deadline: float) -> None:
        self._guard, self._deadline = guard, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        if not addresses or not all(self._guard.allowed(address) for address in addresses):
            raise Problem(NOT_OUTSIDE, "url")
        stream = self._plain.connect_tcp(str(addresses[0]), port, timeout=_left(self._deadline))
        return _Timed(stream, self._deadline)

    def _addresses(self, host: str, port: int) -> list[Address]:
        # The system's own look-up knows no deadline: it is left behind when ours is over.
        found: list[Any] = []
        look = threading.Thread(target=self._look_up, args=(host, port, found), daemon=True)
        look.start()
        look.join(_left(self._deadline))
        if look.is_alive():
            raise TimeoutError
        # "fe80::1%eth0": what follows the percent sign names a cable of this machine.
        return [ipaddress.ip_address(address[0].partition("%")[0]) for *_, address in found]

    def _look_up(self, host: str, port: int, found: list[Any]) -> None:
        try:
            found += self._guard.resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found.clear()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


class _Timed(httpcore.NetworkStream):
    """A connection that ends when its time is over, however often a byte arrives."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
