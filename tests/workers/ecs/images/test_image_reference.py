from __future__ import annotations

import botocore.loaders
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploys.errors import ImageUnreadable
from workers.ecs.images.image_reference import ImageReference, find_ecr_repository, parse_image

DIGEST = "sha256:" + "0123456789abcdef" * 4
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("app", ("", "app", None, None)),
        ("app:1", ("", "app", "1", None)),
        (f"app@{DIGEST}", ("", "app", None, DIGEST)),
        (f"app:1@{DIGEST}", ("", "app", "1", DIGEST)),
        ("library/app:1", ("", "library/app", "1", None)),
        ("registry:5000/app", ("registry:5000", "app", None, None)),
        ("registry:5000/app:1", ("registry:5000", "app", "1", None)),
        (f"registry:5000/team/app:1@{DIGEST}", ("registry:5000", "team/app", "1", DIGEST)),
        ("localhost/app", ("localhost", "app", None, None)),
        ("localhost:5000/app", ("localhost:5000", "app", None, None)),
        ("[::1]:5000/app:1", ("[::1]:5000", "app", "1", None)),
        ("public.ecr.aws/x/app:1", ("public.ecr.aws", "x/app", "1", None)),
        ("public.ecr.aws/envoy/envoy:v1.30", ("public.ecr.aws", "envoy/envoy", "v1.30", None)),
        (f"{ECR}/team/web:1.4.2", (ECR, "team/web", "1.4.2", None)),
        (f"{ECR}/web@{DIGEST}", (ECR, "web", None, DIGEST)),
        ("ghcr.io/some-org/a__b.c:2024-01_rc.1", ("ghcr.io", "some-org/a__b.c", "2024-01_rc.1", None)),
    ],
)
def test_every_form_is_read_into_its_parts_and_written_back(
    text: str, parts: tuple[str, str, str | None, str | None]
) -> None:
    reference = parse_image(text)

    assert (reference.registry, reference.repository, reference.tag, reference.digest) == parts
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " app",
        "app:",
        "app:1:2",
        "app@",
        "app@sha256",
        "app@sha256:12",
        f"app@{DIGEST}@{DIGEST}",
        "App:1",
        "app/:1",
        "/app",
        "app//b",
        "http://registry/app:1",
        "registry:port/app",
        "app:1 2",
        "app:${TAG}",
        "app:-1",
        "app:" + "x" * 129,
        "-app",
        "app\n",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ImageUnreadable):
        parse_image(text)


def test_the_refusal_shows_what_was_read_without_giving_it_any_power() -> None:
    with pytest.raises(ImageUnreadable, match="`&lt;!here&gt;` is not an image reference"):
        parse_image("<!here>")


part = st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)*", fullmatch=True)
repositories = st.lists(part, min_size=1, max_size=4).map("/".join)
hosts = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", fullmatch=True)
registries = st.one_of(
    st.just(""),
    st.just("localhost"),
    st.builds(lambda host, port: f"{host}:{port}", hosts, st.integers(1, 65535)),
    st.builds(lambda host, domain: f"{host}.{domain}", hosts, hosts),
    st.builds(lambda host, domain, port: f"{host}.{domain}:{port}", hosts, hosts, st.integers(1, 65535)),
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}", fullmatch=True)
digests = st.from_regex(r"(sha256|sha512):[0-9a-f]{64}", fullmatch=True)


def has_one_reading(found: ImageReference) -> bool:
    """Without a registry, a first part with a dot, or `localhost`, is read as one."""
    first, slash, _ = found.repository.partition("/")
    return bool(found.registry) or not slash or ("." not in first and first != "localhost")


references = st.builds(
    ImageReference, registries, repositories, st.none() | tags, st.none() | digests
).filter(has_one_reading)


@settings(deadline=None)
@given(references)
def test_writing_and_reading_is_the_identity(reference: ImageReference) -> None:
    assert parse_image(str(reference)) == reference


@settings(deadline=None)
@given(st.text(alphabet="ab1.:/@-_[]Z", max_size=40))
def test_whatever_can_be_read_is_written_back_as_it_was(text: str) -> None:
    try:
        reference = parse_image(text)
    except ImageUnreadable:
        return
    assert str(reference) == text


@settings(deadline=None)
@given(references, tags)
def test_a_new_tag_takes_the_place_of_tag_and_digest(reference: ImageReference, tag: str) -> None:
    retagged = parse_image(str(reference.with_tag(tag)))

    assert (retagged.registry, retagged.repository) == (reference.registry, reference.repository)
    assert (retagged.tag, retagged.digest) == (tag, None)


@pytest.mark.parametrize("tag", ["", "a b", "a/b", "a:b", f"1@{DIGEST}", ".1", "x" * 129, "1\n"])
def test_what_cannot_be_a_tag_makes_no_reference(tag: str) -> None:
    with pytest.raises(ImageUnreadable):
        parse_image("app:1").with_tag(tag)


def test_versions_of_one_image_share_registry_and_repository() -> None:
    app = parse_image(f"{ECR}/web:1")

    assert app.same_repository(parse_image(f"{ECR}/web@{DIGEST}"))
    assert not app.same_repository(parse_image(f"{ECR}/web/sidecar:1"))
    assert not app.same_repository(parse_image("web:1"))


@pytest.mark.parametrize(
    ("host", "home"),
    [
        (ECR, ("123456789012", "eu-west-1")),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", ("123456789012", "us-gov-west-1")),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", ("123456789012", "eu-west-1")),
        ("123456789012.dkr-ecr-fips.us-east-1.on.aws", ("123456789012", "us-east-1")),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", ("123456789012", "cn-north-1")),
    ],
)
def test_a_private_ecr_registry_says_account_and_region(host: str, home: tuple[str, str]) -> None:
    assert find_ecr_repository(parse_image(f"{host}/team/web:1")) == (*home, "team/web")


@pytest.mark.parametrize(
    "text",
    [
        "web:1",
        "public.ecr.aws/x/app:1",
        "localhost:5000/app",
        "12345.dkr.ecr.eu-west-1.amazonaws.com/web:1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.org/web:1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000/web:1",
        "ghcr.io/123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1",
    ],
)
def test_every_other_registry_is_none_of_ecrs(text: str) -> None:
    assert find_ecr_repository(parse_image(text)) is None


def test_ecr_is_known_in_every_partition_of_aws() -> None:
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    assert partitions

    for partition in partitions:
        host = f"123456789012.dkr.ecr.some-region-1.{partition['outputs']['dnsSuffix']}"
        assert find_ecr_repository(parse_image(f"{host}/web:1")) == (
            "123456789012",
            "some-region-1",
            "web",
        ), partition["id"]
