"""One HTTP check: what counts as an answer, and that it ends in time."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploys.safe_text import without_query
from tests.fake_web_server import FakeWebServer, fake_web_server
from workers import http_check
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS
from workers.http_check import HttpCheckResult, check_url
from workers.step_context import Timing


@pytest.fixture
def web() -> Iterator[FakeWebServer]:
    with fake_web_server() as serving:
        yield serving


@pytest.mark.parametrize(
    ("status", "good", "words"),
    [
        (200, True, "200 OK"),
        (204, True, "204 No Content"),
        (299, True, "299"),
        (304, False, "304 Not Modified"),
        (404, False, "404 Not Found"),
        (500, False, "500 Internal Server Error"),
        (503, False, "503 Service Unavailable"),
    ],
)
def test_any_2xx_is_good(web: FakeWebServer, status: int, good: bool, words: str) -> None:
    web.statuses = [status]

    answer = check_url(f"{web.url}/health?key=s3cret")

    assert (answer.is_success, answer.text) == (good, words)
    assert web.requested_paths == ["/health?key=s3cret"]


def test_a_redirect_is_not_followed_and_its_goal_is_told_without_secrets(web: FakeWebServer) -> None:
    web.statuses, web.headers = [302], {"Location": f"{web.url}/login?token=s3cret"}

    answer = check_url(web.url)

    assert not answer.is_success
    assert answer.text == f"302 Found, a redirect to {web.url}/login: I do not follow redirects"
    assert len(web.requested_paths) == 1


def test_nobody_there_is_no_answer() -> None:
    with fake_web_server() as gone:
        address = gone.url

    assert check_url(address).text == "no answer: the connection is refused, or the host cannot be reached"


def test_an_address_that_speaks_no_tls_is_not_told_as_a_bad_certificate(web: FakeWebServer) -> None:
    answer = check_url(web.url.replace("http://", "https://"))

    assert answer.text == (
        "no answer: no TLS connection: the server may not speak TLS, or no version that I speak"
    )


def test_a_certificate_that_nobody_vouches_for_is_told_as_such(tmp_path: Path) -> None:
    with its_own_certificate(tmp_path) as address:
        answer = check_url(address)

    assert answer.text == "no answer: its TLS certificate is not accepted"


@contextmanager
def its_own_certificate(folder: Path) -> Iterator[str]:
    """An HTTPS server whose certificate it signed itself; its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2100, 1, 1))
        .sign(key, hashes.SHA256())
    )
    chain = folder / "chain.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(signed.public_bytes(Encoding.PEM) + plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        greeting = Thread(target=_shake_hands, args=(context, listening), daemon=True)
        greeting.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        greeting.join(timeout=5)


def _shake_hands(context: ssl.SSLContext, listening: socket.socket) -> None:
    with listening.accept()[0] as connection, suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


def test_a_connection_that_is_closed_is_no_answer(web: FakeWebServer) -> None:
    web.statuses = [0]

    assert check_url(web.url).text == "no answer: the connection was closed without an answer"


def test_a_name_that_is_not_known_is_no_answer() -> None:
    assert check_url("http://nowhere.invalid/").text == "no answer: the host name is not known"


def test_an_answer_that_comes_drop_by_drop_ends_in_time(
    web: FakeWebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_check, "TOTAL_SECONDS", 0.5)
    web.drips_headers = True
    began = time.monotonic()

    answer = check_url(web.url)

    assert answer == HttpCheckResult(problem="nothing within 0 s")
    assert time.monotonic() - began < 3


def test_a_look_leaves_time_for_the_reads_beside_it_within_a_lease() -> None:
    assert Timing().lease_seconds > http_check.TOTAL_SECONDS + 2 * MAX_CALL_SECONDS


def test_an_address_is_shown_without_its_query() -> None:
    assert without_query("https://web.example.com/health?key=s3cret#top") == "https://web.example.com/health"
