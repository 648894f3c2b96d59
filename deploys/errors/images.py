"""What was found about images before anything was changed."""

from __future__ import annotations

from deploys.errors.refused import Refused


class ImageMissing(Refused):
    sentence = """There is no image `{image}`, so nothing was registered. {recent}"""


class ImageArchived(Refused):
    sentence = """`{image}` is in ECR's archive ({status}), where no task can pull it. Nothing was registered.
    Restore it in ECR and ask again, or deploy another tag."""


class PinUnknown(Refused):
    sentence = """`{service}` has `pin: digest`, and I cannot ask the registry of `{image}` which digest that
    is: I can ask private ECR repositories alone. Nothing was registered. Push the image to ECR, or write
    `pin: tag` for `{service}` in `services.yml`."""


class RollbackImageMissing(Refused):
    sentence = """Revision `{revision}` of `{service}` cannot run any more: its image `{image}` is gone from
    the registry. Roll back to another version with `/deploy rollback {service} TAG`, or deploy a tag that is
    there. {recent}"""


class RollbackImageChanged(Refused):
    sentence = """`{image}` is not what ran well as `{revision}`: its tag was pushed anew since. Then it was
    digest {then}, now it is {now}. `/deploy {service} {tag}` runs the new image; `pin: digest` in
    `services.yml` keeps this from happening again."""


class TagsNotCached(Refused):
    sentence = """ECR fetches `{image}` from another registry by a pull-through cache rule, and has no tag of
    it yet, so I cannot list them."""


class TagsUnknown(Refused):
    sentence = """The image of `{service}`, `{image}`, is not in a private ECR repository, and I can list the
    tags of those alone."""


class ImageUnreadable(Refused):
    sentence = """`{image}` is not an image reference that I can read, so its tag cannot be changed."""


class RepositoryMissing(Refused):
    sentence = """ECR has no repository `{repository}` in account {account} ({region}), so there is no image
    `{image}`. Nothing was registered. Check the image in the task definition, or create the
    repository.{hint}"""
