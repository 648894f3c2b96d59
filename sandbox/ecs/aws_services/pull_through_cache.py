"""ECR's pull-through cache rules, which moto does not play.

ECR fetches an image whose repository starts with a rule's prefix from the upstream registry when it is first
pulled. Only then does ECR have its repository and tag (ECR user guide, "Sync an upstream registry").
"""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.models import ecr_backends

ROOT_PREFIX = "ROOT"
"""The prefix of a rule for all repositories without a rule of their own."""
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
Json = dict[str, Any]


class PullThroughRules:
    """The rules of one registry: the upstream registry of each repository prefix."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._upstreams: dict[str, str] = {}

    def create(self, params: Json) -> Json:
        """CreatePullThroughCacheRule."""
        self._upstreams[params["ecrRepositoryPrefix"]] = params["upstreamRegistryUrl"]
        return self._rule_json(params["ecrRepositoryPrefix"])

    def describe(self, params: Json) -> Json:
        """DescribePullThroughCacheRules, for all rules."""
        return {"pullThroughCacheRules": [self._rule_json(prefix) for prefix in self._upstreams]}

    def upstream(self, repository: str) -> str | None:
        """The upstream repository of this repository; None if no rule covers it."""
        for prefix, url in sorted(self._upstreams.items(), key=lambda rule: -len(rule[0])):
            if prefix != ROOT_PREFIX and repository.startswith(f"{prefix}/"):
                return f"{url}/{repository.removeprefix(f'{prefix}/')}"
        return f"{self._upstreams[ROOT_PREFIX]}/{repository}" if ROOT_PREFIX in self._upstreams else None

    def cache(self, repository: str, tag: str, digest: str) -> None:
        """Keep an image that was pulled, as ECR does."""
        ecr = ecr_backends[self._account][self._region]
        if repository not in ecr.repositories:
            ecr.create_repository(repository, None, {}, {}, "MUTABLE", [])
        manifest = {"schemaVersion": 2, "config": {"digest": digest, "size": 30_000_000}, "layers": []}
        ecr.put_image(repository, json.dumps(manifest), tag, _MANIFEST, digest)

    def _rule_json(self, prefix: str) -> Json:
        return {
            "ecrRepositoryPrefix": prefix,
            "upstreamRegistryUrl": self._upstreams[prefix],
            "registryId": self._account,
        }


PULL_THROUGH_OPERATIONS = {
    "CreatePullThroughCacheRule": PullThroughRules.create,
    "DescribePullThroughCacheRules": PullThroughRules.describe,
}
"""The operations of ECR that are played here."""
