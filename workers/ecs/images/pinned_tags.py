"""Which tag an image has that a revision names by digest: written on the revision, and read back from it.

ECS documents `repository@digest`, and no tag beside it. The mark holds the digest too (`1.4.2@sha256:...`),
so that it is not believed on a copy that somebody made with another image; such a revision is called by its
digest.
"""

from __future__ import annotations

from deploys.short_names import short_digest
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.state import RevisionState

PINNED_TAG_KEY = "slipway:tag"
"""Tag on a pinned revision: the image's tag and the digest that it stood for, `1.4.2@sha256:...`.

A tag's value takes letters, digits, spaces and `+ - = . _ : / @`, 256 at most (ECS API reference, Tag): every
image tag with a sha256 digest fits. The digest is there so that the mark of a revision that somebody copied
with another image is not believed.
"""


def pinned_tag_value(tag: str, digest: str) -> str:
    """The mark of a revision whose image was the one of this tag."""
    return f"{tag}@{digest}"


def read_pinned_tag(image: ImageReference, revision: RevisionState | None) -> str | None:
    """The tag of an image of this revision; None where nobody wrote one down."""
    if image.tag is not None or image.digest is None or revision is None:
        return image.tag
    tag, _, digest = dict(revision.tags).get(PINNED_TAG_KEY, "").partition("@")
    return tag if tag and digest == image.digest else None


def display_tag(image: str, revision: RevisionState | None = None) -> str:
    """How people call this image: its tag, or the beginning of its digest where it has no tag."""
    reference = parse_image(image)
    return read_pinned_tag(reference, revision) or short_digest(reference.digest or "") or "latest"
