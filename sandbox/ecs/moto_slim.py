"""Imports moto's EC2, which its ECS needs, without the list of instance types of each region.

Nothing here needs that list, and reading it takes longer than starting the region. Import this module before
anything that imports moto.

moto also lists the methods of a service's class again for each request; here it remembers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import botocore.session
from moto.core import responses
from moto.utilities import utils


@contextmanager
def _without_instance_types() -> Iterator[None]:
    """moto reads its data while it is imported, and AWS's list of regions again for each use."""
    read, create_loader = utils.load_resource, botocore.session.create_loader

    def read_less(resource: str) -> Any:
        return {} if resource.startswith("ec2/resources/instance_type") else read(resource)

    utils.load_resource, botocore.session.create_loader = read_less, cache(create_loader)
    try:
        yield
    finally:
        utils.load_resource, botocore.session.create_loader = read, create_loader


with _without_instance_types():
    import moto.ec2.models  # noqa: F401

_responses: Any = responses
_responses.method_names_from_class = cache(_responses.method_names_from_class)
