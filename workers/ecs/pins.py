"""Which tag an image has that a revision names by digest: written on the revision, and read back from it.

ECS documents `repository@digest`, and no tag beside it. The mark holds the digest too (`1.4.2@sha256:...`),
so that it is not believed on a copy that somebody made with another image; such a revision is called by its
digest.
"""

from __future__ import annotations

from workers.ecs.images import ImageReference, parse
from workers.ecs.seen import RevisionSeen

TAG_MARK = "slipway:tag"
"""Tag on a pinned revision: the image's tag and the digest that it stood for, `1.4.2@sha256:...`.

A tag's value takes letters, digits, spaces and `+ - = . _ : / @`, 256 at most (ECS API reference, Tag): every
image tag with a sha256 digest fits. The digest is there so that the mark of a revision that somebody copied
with another image is not believed.
"""
SHORT = 19
"""Characters of a digest that people are shown: `sha256:` and twelve more."""


def mark(tag: str, digest: str) -> str:
    """The mark of a revision whose image was the one of this tag."""
    return f"{tag}@{digest}"


def tag_of(image: ImageReference, revision: RevisionSeen | None) -> str | None:
    """The tag of an image of this revision; None where nobody wrote one down."""
    if image.tag is not None or image.digest is None or revision is None:
        return image.tag
    tag, _, digest = dict(revision.tags).get(TAG_MARK, "").partition("@")
    return tag if tag and digest == image.digest else None


def shown_tag(image: str, revision: RevisionSeen | None = None) -> str:
    """How people call this image: its tag, or the beginning of its digest where it has no tag."""
    reference = parse(image)
    return tag_of(reference, revision) or (reference.digest or "")[:SHORT] or "latest"
