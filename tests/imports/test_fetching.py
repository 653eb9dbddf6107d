"""Reading an address that somebody typed: only outside, only https, only so much, only so long."""

import gzip
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from meetups.domain.errors import Problem
from meetups.imports import fetching
from meetups.imports.fetching import Guard, checked_url, fetch, is_public
from tests.imports.files import calendar, event
from tests.imports.sites import Site, says, site

pytestmark = pytest.mark.real_clock
FILE = calendar(event())


@pytest.fixture
def library() -> Iterator[Site]:
    with site() as here:
        here.answer = says(FILE)
        yield here


def refused(library: Site, **guard: Any) -> str:
    with pytest.raises(Problem) as problem:
        fetch(library.url, guard=library.guard(**guard))
    assert "localhost" not in problem.value.message
    return problem.value.message


def test_a_file_is_read_with_what_its_site_wants_to_be_asked_with(library: Site) -> None:
    library.answer = says(FILE, etag='"one"', last_modified="Tue, 24 Nov 2026 13:00:00 GMT")
    found = fetch(library.url, guard=library.guard())
    assert found == fetching.Fetched(FILE, '"one"', "Tue, 24 Nov 2026 13:00:00 GMT")
    assert library.asked[0]["host"] == f"localhost:{library.port}"
    assert "cookie" not in library.asked[0]


def test_what_has_not_changed_is_not_sent_again(library: Site) -> None:
    library.answer = says(b"", 304)
    assert fetch(library.url, etag='"one"', last_modified="yesterday", guard=library.guard()) is None
    assert fetch(library.url, last_modified="yesterday", guard=library.guard()) is None
    assert [asked.get("if-none-match") for asked in library.asked] == ['"one"', None]
    assert [asked.get("if-modified-since") for asked in library.asked] == [None, "yesterday"]
    # Not an answer to a question that had no condition.
    assert refused(library) == "That site answered with an error (304)."


@pytest.mark.parametrize("status", [204, 401, 403, 404, 410, 500, 503])
def test_an_error_is_said(library: Site, status: int) -> None:
    library.answer = says(b"", status)
    assert refused(library) == f"That site answered with an error ({status})."


def test_redirects_stay_on_the_site_and_end(library: Site) -> None:
    def hop(request: BaseHTTPRequestHandler) -> None:
        hops = int(request.path.rpartition("?")[2] or 0) if "?" in request.path else 0
        answer = says(FILE) if hops == 3 else says(b"", 302, location=f"/library.ics?{hops + 1}")
        answer(request)

    library.answer = hop
    found = fetch(library.url, guard=library.guard())
    assert found is not None
    assert found.body == FILE
    library.answer = says(b"", 301, location="/library.ics")
    assert refused(library) == fetching.ELSEWHERE
    assert len(library.asked) == 4 + 4


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "https://localhost/",
        "//elsewhere.example:{port}/",
        "file:///etc/passwd",
        "//[",
        "",
    ],
)
def test_redirects_to_anywhere_else_are_not_followed(library: Site, location: str) -> None:
    library.answer = says(b"", 302, location=location.format(port=library.port))
    assert refused(library) in (fetching.ELSEWHERE, fetching.NO_ADDRESS)
    assert {asked["path"] for asked in library.asked} == {"/library.ics"}


def test_more_than_five_megabytes_are_not_read_packed_or_not(library: Site) -> None:
    big = b"x" * (fetching.MOST_BYTES + 1)
    library.answer = says(big)
    assert refused(library) == fetching.TOO_BIG
    # A gigabyte in a megabyte.
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024)) * 16
    library.answer = says(bomb, content_encoding="gzip")
    began = time.perf_counter()
    assert refused(library) == fetching.TOO_BIG
    assert time.perf_counter() - began < 5


def test_a_packed_file_is_unpacked_and_other_packings_are_refused(library: Site) -> None:
    library.answer = says(gzip.compress(FILE), content_encoding="gzip")
    found = fetch(library.url, guard=library.guard())
    assert found is not None
    assert found.body == FILE
    # What follows the end of what was packed is nothing to us, and is not waited for.
    library.answer = lambda request: endless(request, library)
    found = fetch(library.url, guard=library.guard())
    assert found is not None
    assert found.body == FILE
    for encoding, body in (("br", FILE), ("gzip", FILE)):
        library.answer = says(body, content_encoding=encoding)
        assert refused(library) == fetching.IN_A_CODE


def endless(request: BaseHTTPRequestHandler, here: Site) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FILE))
    while not here.stopping.is_set():
        request.wfile.write(b"x" * 1000)


def drip_head(request: BaseHTTPRequestHandler, here: Site) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not here.stopping.wait(0.05):
        request.wfile.write(b"x")


def drip_body(request: BaseHTTPRequestHandler, here: Site) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not here.stopping.wait(0.05):
        request.wfile.write(b"x")


def silent(_request: BaseHTTPRequestHandler, here: Site) -> None:
    here.stopping.wait(10)


@pytest.mark.parametrize("slow", [drip_head, drip_body, silent])
def test_a_site_that_drips_is_left_when_the_time_is_over(library: Site, slow: Any) -> None:
    library.answer = lambda request: slow(request, library)
    began = time.perf_counter()
    assert refused(library, seconds=0.5) == fetching.TOO_SLOW
    assert time.perf_counter() - began < 2


def test_one_that_never_shakes_hands_and_a_name_that_is_never_found_are_left_too(library: Site) -> None:
    def never(*_: object, **__: object) -> list[Any]:
        library.stopping.wait(10)
        return []

    with socket.create_server(("127.0.0.1", 0)) as mute:
        library.port, kept = mute.getsockname()[1], library.port
        assert refused(library, seconds=0.5) == fetching.TOO_SLOW
        library.port = kept
    assert refused(library, seconds=0.5, resolve=never) == fetching.TOO_SLOW


def test_a_certificate_of_another_name_or_of_nobody_we_trust_is_refused(library: Site) -> None:
    assert refused(library, context=ssl.create_default_context()) == fetching.UNTRUSTED
    # The address is the right one, the name is not the certificate's.
    elsewhere = Site(port=library.port)
    url = f"https://library.example:{library.port}/"
    with pytest.raises(Problem, match="certificate"):
        fetch(
            url, guard=elsewhere.guard(resolve=lambda *_, **more: socket.getaddrinfo("127.0.0.1", library.port, **more))
        )
    assert library.asked == []


def test_a_site_that_is_away_or_talks_nonsense_is_said(library: Site) -> None:
    library.answer = lambda request: request.wfile.write(b"SSH-2.0-nonsense\r\n\r\n")
    assert refused(library) == fetching.AWAY
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Problem) as problem:
        fetch(f"https://localhost:{port}/", guard=Site(port=port).guard())
    assert problem.value.message == fetching.AWAY


INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "::1", "::", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fc00::1",
    "fd12::1", "ff02::1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_lead_inside_are_refused_as_themselves_and_behind_a_name(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Problem) as typed:
        fetch(f"https://{host}/library.ics")
    found = [(None, None, None, "", (address, 443))]
    with pytest.raises(Problem) as named:
        fetch("https://library.example/library.ics", guard=Guard(resolve=lambda *_, **__: found))
    assert {typed.value.message, named.value.message} == {fetching.NOT_OUTSIDE}


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_addresses_of_the_world_are_not(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "2130706433", "127.1", "localhost."])
def test_names_and_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(Problem) as problem:
        fetch(f"https://{host}/")
    assert problem.value.message == fetching.NOT_OUTSIDE


def test_one_address_inside_among_others_is_one_too_many() -> None:
    found = [(None, None, None, "", ("8.8.8.8", 443)), (None, None, None, "", ("10.0.0.1", 443))]
    with pytest.raises(Problem) as problem:
        fetch("https://library.example/", guard=Guard(resolve=lambda *_, **__: found))
    assert problem.value.message == fetching.NOT_OUTSIDE


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_gone_to(library: Site) -> None:
    looked: list[str] = []

    def rebinding(host: str, port: int, **more: Any) -> list[Any]:
        looked.append(host)
        # The second time it would lead elsewhere.
        return socket.getaddrinfo("127.0.0.1" if len(looked) == 1 else "127.0.0.2", port, **more)

    assert fetch(library.url, guard=library.guard(resolve=rebinding)) is not None
    assert looked == ["localhost"]


@pytest.mark.parametrize(
    "url",
    [
        "http://library.example/a.ics", "ftp://library.example/", "file:///etc/passwd", "library.example/a.ics", "https://", "https:///a",
        "https://user@library.example/", "https://user:word@library.example/", "https://library.example:8443/", "https://library.example:0x/",
        "https://library.example:99999/", "https://lib rary.example/", "https://library.example/\r\nX: 1", "https://bibliothèque.example/",
        "https://library.example/" + "a" * 500, "gopher://x", "", "https://@/", "https://[::1/",
    ],
)  # fmt: skip
def test_what_is_no_address_for_us_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(Problem) as problem:
        checked_url(url)
    assert problem.value.message == fetching.NO_ADDRESS


def test_how_calendars_write_https_is_understood() -> None:
    assert checked_url(" webcal://library.example/a.ics#top ") == "https://library.example/a.ics"
    assert checked_url("HTTPS://library.example:443/a?b=c") == "https://library.example:443/a?b=c"
