"""Images in ECR: whether one exists, and which tags were pushed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploys.errors import AwsRefused, ImageArchived, RepositoryMissing
from deploys.mrkdwn import escape
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.images.image_reference import EcrRepository, ImageReference, find_ecr_repository
from workers.ecs.state import EcrImageState

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

_EVERY_REPOSITORY = "ROOT"
_PAGE_SIZE = 1000
_MAX_PAGES = 10

PULLABLE_BY_STATUS: dict[str, bool] = {"ACTIVE": True, "ARCHIVED": False, "ACTIVATING": False}
"""Whether an image can be pulled: every value of ECR's enum ImageStatus."""


def is_in_ecr(reference: ImageReference) -> bool:
    """Whether the image is in a private ECR registry: only those can be read, not ECR Public or others."""
    return find_ecr_repository(reference) is not None


def find_image(region: RegionClients, reference: ImageReference) -> EcrImageState | None:
    """The image in ECR, or None if the repository has no such tag or digest.

    ECR is asked in the account and region that the reference names. If it has a digest, that counts and not
    the tag, as when the image is pulled. The reference must be `is_in_ecr`.

    Raises ImageArchived, RepositoryMissing and the errors of `aws_call`.
    """
    repository = _ecr_repository(reference)
    wanted: ImageIdentifierTypeDef = (
        {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag or "latest"}
    )
    try:
        with aws_call("ecr:DescribeImages"):
            answer = region.in_region(repository.region).ecr.describe_images(
                registryId=repository.account, repositoryName=repository.name, imageIds=[wanted]
            )
    except AwsRefused as error:
        if error.facts["code"] == "ImageNotFoundException":
            return None
        raise _repository_missing(error, reference) from error
    for image in answer["imageDetails"]:
        if not PULLABLE_BY_STATUS.get(image.get("imageStatus", "ACTIVE"), True):
            raise ImageArchived(image=escape(str(reference)), status=image["imageStatus"])
        return _image_state(image)
    return None


def is_pulled_through(region: RegionClients, reference: ImageReference) -> bool:
    """Whether ECR fetches images of this repository from another registry, by a pull-through cache rule: then
    an image that it does not have may appear when it is pulled. The reference must be `is_in_ecr`.

    A slash follows a rule's prefix; ROOT stands for every repository (ECR user guide, "Customizing repository
    prefixes").

    Raises the errors of `aws_call`.
    """
    repository = _ecr_repository(reference)
    with aws_call("ecr:DescribePullThroughCacheRules"):
        pages = (
            region.in_region(repository.region)
            .ecr.get_paginator("describe_pull_through_cache_rules")
            .paginate(registryId=repository.account)
        )
        prefixes = [rule["ecrRepositoryPrefix"] for page in pages for rule in page["pullThroughCacheRules"]]
    return any(prefix == _EVERY_REPOSITORY or repository.name.startswith(f"{prefix}/") for prefix in prefixes)


def list_recent_tags(region: RegionClients, reference: ImageReference, count: int = 5) -> list[str]:
    """The tags pushed last to the image's repository, newest first, at most `count`.

    The reference must be `is_in_ecr`.

    Raises RepositoryMissing and the errors of `aws_call`.
    """
    return [tag for image in list_newest_images(region, reference) for tag in image.tags][:count]


def list_newest_images(region: RegionClients, reference: ImageReference) -> list[EcrImageState]:
    """The tagged images of the image's repository, the one pushed last first.

    ECR's answer has no order, so the whole repository is read, up to 10,000 tagged images. The reference must
    be `is_in_ecr`.

    Raises RepositoryMissing and the errors of `aws_call`.
    """
    repository = _ecr_repository(reference)
    images: list[EcrImageState] = []
    try:
        with aws_call("ecr:DescribeImages"):
            pages = (
                region.in_region(repository.region)
                .ecr.get_paginator("describe_images")
                .paginate(
                    registryId=repository.account,
                    repositoryName=repository.name,
                    filter={"tagStatus": "TAGGED"},
                    PaginationConfig={"PageSize": _PAGE_SIZE, "MaxItems": _PAGE_SIZE * _MAX_PAGES},
                )
            )
            for page in pages:
                images += [_image_state(image) for image in page["imageDetails"]]
    except AwsRefused as error:
        raise _repository_missing(error, reference) from error
    return sorted(images, key=lambda image: image.pushed_at or 0.0, reverse=True)


def _ecr_repository(reference: ImageReference) -> EcrRepository:
    repository = find_ecr_repository(reference)
    if repository is None:
        raise ValueError(f"{reference} is not in a private ECR registry: ask is_in_ecr() first")
    return repository


def _repository_missing(error: AwsRefused, reference: ImageReference) -> AwsRefused | RepositoryMissing:
    if error.facts["code"] != "RepositoryNotFoundException":
        return error
    repository = _ecr_repository(reference)
    return RepositoryMissing(
        account=repository.account,
        region=repository.region,
        repository=escape(repository.name),
        image=escape(str(reference)),
        hint="",
    )


def _image_state(image: ImageDetailTypeDef) -> EcrImageState:
    pushed = image.get("imagePushedAt")
    return EcrImageState(
        digest=image["imageDigest"],
        tags=tuple(image.get("imageTags", ())),
        pushed_at=pushed.timestamp() if pushed else None,
        size_bytes=image.get("imageSizeInBytes") or None,
    )
