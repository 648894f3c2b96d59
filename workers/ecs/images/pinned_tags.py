"""The tag of an image that a revision names by digest: written as a tag of the revision, and read from there.

ECS documents `repository@digest`, without a tag. So Slipway writes `1.4.2@sha256:...` on the revision. The
digest is part of it because somebody may copy the revision with another image: then the digests differ, the
tag is ignored, and the image is shown by its digest.
"""

from __future__ import annotations

from deploys.short_names import short_digest
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.state import RevisionState

PINNED_TAG_KEY = "slipway:tag"
"""Tag on a pinned revision: the image's tag and the digest that it meant, `1.4.2@sha256:...`.

The value of a tag may have 256 letters, digits, spaces and `+ - = . _ : / @` (ECS API reference, Tag): every
image tag with a sha256 digest fits.
"""


def pinned_tag_value(tag: str, digest: str) -> str:
    """The value of the tag for an image with this tag and digest."""
    return f"{tag}@{digest}"


def read_pinned_tag(image: ImageReference, revision: RevisionState | None) -> str | None:
    """The tag of an image of this revision; None if it has only a digest and the revision names no tag."""
    if image.tag is not None or image.digest is None or revision is None:
        return image.tag
    tag, _, digest = dict(revision.tags).get(PINNED_TAG_KEY, "").partition("@")
    return tag if tag and digest == image.digest else None


def display_tag(image: str, revision: RevisionState | None = None) -> str:
    """The name of this image's version for people: its tag, or the beginning of its digest if it has none."""
    reference = parse_image(image)
    return read_pinned_tag(reference, revision) or short_digest(reference.digest or "") or "latest"
