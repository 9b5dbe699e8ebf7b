"""One request over a real connection: what comes of it when the other side behaves in every bad way."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.channels.base import Unknown
from adapters.channels.one_request import HttpAnswer, NotAsked, OneRequest, Timeouts
from tests.adapters.channels.wire import Canned, open_canned

PEER = "线路"
LIMIT = 100_000
ONE = OneRequest(PEER, LIMIT, Timeouts(connect_s=2, read_s=0.4))
LATE = Unknown(f"{PEER}没有按时回答")
LONG = Unknown(f"{PEER}的回答过长")
BROKEN = Unknown(f"与{PEER}的连接中断")
OK = b"HTTP/1.1 200 OK\r\n"
FAR = "127.0.0.2"
"""This machine, by a name that does not say so."""
NOBODY = f"http://{FAR}:9"


@pytest.fixture
def canned() -> Iterator[Canned]:
    with open_canned() as opened:
        yield opened


def trickle(head: bytes, piece: bytes) -> Iterator[bytes]:
    """A byte now and then, each in good time, for longer than anybody waits."""
    yield head
    for _ in range(60):
        time.sleep(0.05)
        yield piece


def silence() -> Iterator[bytes]:
    time.sleep(1)
    yield b""


def reset_after(head: bytes) -> Iterator[bytes]:
    yield head
    time.sleep(0.1)
    raise ConnectionResetError


def bomb() -> bytes:
    packed = gzip.compress(b"x" * (10 * LIMIT))
    return OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def chunks(size: int, count: int) -> bytes:
    chunk = b"%x\r\n" % size + b"x" * size + b"\r\n"
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * count + b"0\r\n\r\n"


def redirect(length: int) -> bytes:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://[odd\r\nContent-Length: %d\r\n\r\n" % length
    return head + b"x" * length


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(silence, LATE, id="nothing at all"),
        pytest.param(lambda: trickle(b"", b"H"), LATE, id="a slow first line"),
        pytest.param(lambda: trickle(OK + b"X: ", b"x"), LATE, id="a slow head"),
        pytest.param(
            lambda: trickle(OK + b"Content-Length: 900\r\n\r\n", b"x"), LATE, id="a slow body"
        ),
        pytest.param(lambda: trickle(OK + b"\r\n", b"x"), LATE, id="a slow body of no length"),
        pytest.param(
            lambda: trickle(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            LATE,
            id="slow chunks",
        ),
        pytest.param(
            lambda: trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LATE, id="wait, and wait"
        ),
        pytest.param(lambda: chunks(1_000, LIMIT // 1_000 + 1), LONG, id="many chunks"),
        pytest.param(lambda: OK + b"\r\n" + b"x" * (LIMIT + 1), LONG, id="no length, no end"),
        pytest.param(bomb, LONG, id="packed small"),
        pytest.param(lambda: redirect(LIMIT + 1), LONG, id="a long redirect"),
        pytest.param(lambda: b"", BROKEN, id="closed"),
        pytest.param(lambda: b"SSH-2.0-x\r\n", BROKEN, id="something else"),
        pytest.param(lambda: OK + b"Content-Length: 9\r\n\r\nx", BROKEN, id="half a body"),
        pytest.param(lambda: reset_after(b""), BROKEN, id="reset at once"),
        pytest.param(
            lambda: reset_after(OK + b"Content-Length: 9\r\n\r\nx"), BROKEN, id="reset half-way"
        ),
        pytest.param(lambda: chunks(10, 2)[:-9], BROKEN, id="half a chunk"),
        pytest.param(lambda: b"HTTP/1.1 abc\r\n\r\n", BROKEN, id="no status"),
        pytest.param(lambda: OK + b"Content-Length: 1, 2\r\n\r\nab", BROKEN, id="of two lengths"),
        pytest.param(
            lambda: OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", BROKEN, id="odd chunks"
        ),
        pytest.param(lambda: OK + b"X: " + b"x" * 70_000, BROKEN, id="a long line"),
        pytest.param(lambda: OK + b"X: x\r\n" * 200 + b"\r\n", BROKEN, id="many lines"),
        pytest.param(
            lambda: OK + b"Content-Encoding: gzip\r\n\r\nnot packed", BROKEN, id="not packed"
        ),
    ],
)
def test_safety_a2_what_may_have_arrived_is_unknown(
    canned: Canned, answer: Callable[[], bytes | Iterator[bytes]], outcome: Unknown
):
    canned.answers.append(answer())
    began = time.monotonic()

    assert ONE.send("POST", canned.url, data={"a": "b"}) == outcome

    assert time.monotonic() - began < 2
    assert len(canned.seen) == 1


def test_an_answer_in_pieces_is_read_whole(canned: Canned):
    def slowly() -> Iterator[bytes]:
        for part in (OK[:5], OK[5:], b"Content-Length: 4\r\n", b"\r\n", b"ab", b"cd"):
            time.sleep(0.02)
            yield part

    canned.answers.append(slowly())

    told = ONE.send("GET", canned.url)

    assert isinstance(told, HttpAnswer)
    assert (told.status, told.is_done, told.content) == (200, True, b"abcd")


def test_an_answer_of_the_greatest_size_is_read_and_one_byte_more_is_not(canned: Canned):
    for size in (LIMIT, LIMIT + 1):
        canned.says("200 OK", "x" * size)
    canned.says("200 OK", "x" * (LIMIT + 1))

    first, second = ONE.send("GET", canned.url), ONE.send("GET", canned.url)

    assert isinstance(first, HttpAnswer)
    assert second == LONG
    assert isinstance(ONE.send("GET", canned.url, limit_bytes=LIMIT + 1), HttpAnswer)


def test_a_redirect_is_an_answer_and_nobody_goes_there(canned: Canned):
    canned.says("307 Temporary Redirect", "", f"Location: {canned.url}/again")
    canned.answers.append(redirect(0))

    for _ in range(2):
        told = ONE.send("POST", canned.url)
        assert isinstance(told, HttpAnswer)
        assert not told.is_done

    assert len(canned.seen) == 2


@pytest.mark.parametrize("status", ["429 Slow", "503 Unavailable", "500 Error"])
def test_nothing_is_sent_again(canned: Canned, status: str):
    canned.says(status, "", "Retry-After: 1")

    assert isinstance(ONE.send("GET", canned.url), HttpAnswer)
    assert len(canned.seen) == 1


# --- what never left -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", [NOBODY, "http://nowhere.invalid"])
def test_without_a_connection_nothing_was_asked(address: str):
    assert OneRequest(PEER, LIMIT, trusts_env=False).send("POST", address) == NotAsked()


@pytest.mark.parametrize("address", ["http://a..b", "provider", "http://", "http://x:y", "x://y"])
def test_an_address_that_is_none_raises_nothing(address: str):
    assert OneRequest(PEER, LIMIT, trusts_env=False).send("POST", address) == BROKEN


def test_who_does_not_pick_up_was_not_asked():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for other in (first, second):
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        one = OneRequest(PEER, LIMIT, Timeouts(connect_s=0.3))

        assert one.send("POST", f"http://127.0.0.1:{full.getsockname()[1]}") == NotAsked()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "line")])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(FAR))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "line.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def open_tls(certificate: Path, answer: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """Takes one visitor over TLS and says what `answer` gives."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve() -> None:
        visitor, _ = listening.accept()
        try:
            with context.wrap_socket(visitor, server_side=True) as tls:
                tls.recv(65_536)
                for part in answer():
                    tls.sendall(part)
        except OSError:  # the visitor does not trust us, or has had enough
            visitor.close()

    with socket.create_server((FAR, 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://{FAR}:{listening.getsockname()[1]}"
        thread.join()


def test_who_cannot_show_a_certificate_was_not_asked(certificate: Path):
    one = OneRequest(PEER, LIMIT, ONE.timeouts, trusts_env=False)
    with open_tls(certificate, lambda: iter((OK + b"\r\n",))) as address:
        assert one.send("POST", address) == NotAsked()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda: iter((OK + b"Content-Length: 2\r\n\r\nhi",)), b"hi"),
        (lambda: trickle(OK + b"Content-Length: 900\r\n\r\n", b"x"), LATE),
    ],
)
def test_safety_a2_time_counts_over_tls_too(
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[], Iterator[bytes]],
    outcome: object,
):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with open_tls(certificate, answer) as address:
        told = ONE.send("POST", address)

    assert (told.content if isinstance(told, HttpAnswer) else told) == outcome


# --- proxies -------------------------------------------------------------------------------------


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the environment's proxy, and no exception to it."""

    def through(address: str) -> None:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, address)

    return through


@pytest.mark.parametrize(
    ("host", "trusts_env", "is_reached"),
    [("127.0.0.1", True, True), (FAR, True, False), (FAR, False, True)],
)
def test_the_environments_proxy_never_stands_before_this_machine(
    proxied: Callable[[str], None], host: str, trusts_env: bool, is_reached: bool
):
    proxied(NOBODY)
    with open_canned(host) as peer:
        peer.says("200 OK", "")
        told = OneRequest(PEER, LIMIT, ONE.timeouts, trusts_env=trusts_env).send("GET", peer.url)

    assert bool(peer.seen) is is_reached
    assert isinstance(told, HttpAnswer if is_reached else NotAsked)


def test_safety_a2_time_counts_through_a_proxy_too(canned: Canned, proxied: Callable[[str], None]):
    proxied(canned.url)
    canned.answers.append(trickle(OK + b"Content-Length: 900\r\n\r\n", b"x"))

    assert ONE.send("GET", "http://provider.invalid/") == LATE
    assert canned.seen[0].path == "http://provider.invalid/"


# --- what an answer says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "after_s"),
    [
        (None, None),
        ("7", 7),
        ("0", 0),
        ("007", 7),
        ("3600", 3_600),
        ("3601", 3_600),
        ("999999999", 3_600),
        ("9" * 40, None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("²", None),
        ("Wed, 04 Mar 2026 02:00:00 GMT", None),
    ],
)
def test_when_to_come_again_is_read_in_one_way(
    canned: Canned, said: str | None, after_s: int | None
):
    head = b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n"
    more = b"" if said is None else f"Retry-After: {said}\r\n".encode()
    canned.answers.append(head + more + b"\r\n")

    told = ONE.send("GET", canned.url)

    assert isinstance(told, HttpAnswer)
    assert told.retry_after == (None if after_s is None else timedelta(seconds=after_s))


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b'{"a": [1]}', {"a": [1]}),
        (b"", None),
        (b'{"a": ', None),
        (b'"\xff"', None),
        (b"[" * 90_000, None),
    ],
)
def test_content_that_is_no_json_has_no_fields(content: bytes, fields: object):
    assert HttpAnswer(200, {}, content).fields == fields


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("Wed, 04 Mar 2026 02:00:00 GMT", datetime(2026, 3, 4, 2, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:00:00 -2300", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_senders_own_clock(said: str, at: datetime | None):
    assert HttpAnswer(200, {"Date": said}, b"").at == at


def test_r_pii_1_a_name_and_a_password_go_into_a_header_only(
    canned: Canned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {FAR} login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "*")
    with open_canned(FAR) as peer:
        for _ in range(2):
            peer.says("200 OK", '{"secret": 1}', "Set-Cookie: secret")
        told = ONE.send("POST", peer.url, auth=("谷雨", "密码"), params={"a": "1"}, body={"b": 2})
        ONE.send("POST", peer.url, headers={"Authorization": "our own"})

    assert [wired.headers["authorization"] for wired in peer.seen] == [
        "Basic 6LC36ZuoOuWvhueggQ==",
        "our own",
    ]
    assert (peer.seen[0].path, peer.seen[0].body) == ("/?a=1", b'{"b": 2}')
    assert "secret" not in repr(told)
