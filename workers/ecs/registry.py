"""What ECR knows about an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploys.errors import AwsRefused, ImageArchived, RepositoryMissing
from deploys.mrkdwn import escape
from workers.ecs.calls import aws_call
from workers.ecs.images import ImageReference, ecr_repository
from workers.ecs.seen import ImageSeen
from workers.ecs.session import Region

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

_EVERY_REPOSITORY = "ROOT"
_PAGE = 1000
_PAGES = 10

PULLABLE: dict[str, bool] = {"ACTIVE": True, "ARCHIVED": False, "ACTIVATING": False}
"""Whether an image can be pulled: every value of ECR's enum ImageStatus."""


def checkable(reference: ImageReference) -> bool:
    """Whether its registry can be asked: only private ECR ones can. ECR Public and the others cannot."""
    return ecr_repository(reference) is not None


def find(region: Region, reference: ImageReference) -> ImageSeen | None:
    """The image as ECR knows it, or None where the repository has no such tag or digest.

    ECR is asked in the account and region that the reference names. A digest goes before a tag, as it does
    when the image is pulled. The reference must be `checkable`.

    Raises ImageArchived, RepositoryMissing and the errors of `aws_call`.
    """
    account, home, repository = _repository(reference)
    wanted: ImageIdentifierTypeDef = (
        {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag or "latest"}
    )
    try:
        with aws_call("ecr:DescribeImages"):
            answer = region.elsewhere(home).ecr.describe_images(
                registryId=account, repositoryName=repository, imageIds=[wanted]
            )
    except AwsRefused as error:
        if error.facts["code"] == "ImageNotFoundException":
            return None
        raise _explained(error, reference) from error
    for image in answer["imageDetails"]:
        if not PULLABLE.get(image.get("imageStatus", "ACTIVE"), True):
            raise ImageArchived(image=escape(str(reference)), status=image["imageStatus"])
        return _seen(image)
    return None


def is_pulled_through(region: Region, reference: ImageReference) -> bool:
    """Whether ECR fetches images of this repository from another registry, by a pull-through cache rule: then
    one that it does not have may come to be when it is pulled. The reference must be `checkable`.

    A rule's prefix ends where a slash follows; ROOT stands for every repository (ECR user guide, "Customizing
    repository prefixes").

    Raises the errors of `aws_call`.
    """
    account, home, repository = _repository(reference)
    with aws_call("ecr:DescribePullThroughCacheRules"):
        pages = (
            region.elsewhere(home)
            .ecr.get_paginator("describe_pull_through_cache_rules")
            .paginate(registryId=account)
        )
        prefixes = [rule["ecrRepositoryPrefix"] for page in pages for rule in page["pullThroughCacheRules"]]
    return any(prefix == _EVERY_REPOSITORY or repository.startswith(f"{prefix}/") for prefix in prefixes)


def recent_tags(region: Region, reference: ImageReference, count: int = 5) -> list[str]:
    """The tags pushed last to the image's repository, newest first, at most `count`.

    Otherwise as `newest_images`.

    Raises RepositoryMissing and the errors of `aws_call`.
    """
    return [tag for image in newest_images(region, reference) for tag in image.tags][:count]


def newest_images(region: Region, reference: ImageReference) -> list[ImageSeen]:
    """The tagged images of the image's repository, the one pushed last first.

    ECR answers in no order at all, so the repository is read: its first 10,000 tagged images at most. The
    reference must be `checkable`.

    Raises RepositoryMissing and the errors of `aws_call`.
    """
    account, home, repository = _repository(reference)
    images: list[ImageSeen] = []
    try:
        with aws_call("ecr:DescribeImages"):
            pages = (
                region.elsewhere(home)
                .ecr.get_paginator("describe_images")
                .paginate(
                    registryId=account,
                    repositoryName=repository,
                    filter={"tagStatus": "TAGGED"},
                    PaginationConfig={"PageSize": _PAGE, "MaxItems": _PAGE * _PAGES},
                )
            )
            for page in pages:
                images += [_seen(image) for image in page["imageDetails"]]
    except AwsRefused as error:
        raise _explained(error, reference) from error
    return sorted(images, key=lambda image: image.pushed_at or 0.0, reverse=True)


def _repository(reference: ImageReference) -> tuple[str, str, str]:
    home = ecr_repository(reference)
    if home is None:
        raise ValueError(f"{reference} is not in a private ECR registry: ask checkable() first")
    return home


def _explained(error: AwsRefused, reference: ImageReference) -> AwsRefused | RepositoryMissing:
    if error.facts["code"] != "RepositoryNotFoundException":
        return error
    account, home, repository = _repository(reference)
    return RepositoryMissing(
        account=account, region=home, repository=escape(repository), image=escape(str(reference)), hint=""
    )


def _seen(image: ImageDetailTypeDef) -> ImageSeen:
    pushed = image.get("imagePushedAt")
    return ImageSeen(
        digest=image["imageDigest"],
        tags=tuple(image.get("imageTags", ())),
        pushed_at=pushed.timestamp() if pushed else None,
        size=image.get("imageSizeInBytes") or None,
    )
