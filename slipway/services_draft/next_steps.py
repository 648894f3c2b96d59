"""What is left to do once the first files are written. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.services_draft.env_file import SLACK_TOKENS


@dataclass(frozen=True)
class NextSteps:
    """What they depend on."""

    missing_settings: tuple[str, ...]
    """The variables that have no value yet."""
    placeholders: str
    """What has to be filled in in the policies; empty if that is nothing."""
    may_anybody_deploy: bool
    open_questions: int
    """In services.yml (count)."""

    def text(self, folder: Path) -> str:
        """The steps with their numbers. folder: with the files."""
        numbered = (f"  {number}. {step}" for number, step in enumerate(self._steps(folder), start=1))
        return "\n".join(["Next:", *numbered])

    def _steps(self, folder: Path) -> Iterator[str]:
        tokens = [each for each in self.missing_settings if each in SLACK_TOKENS]
        others = [each for each in self.missing_settings if each not in SLACK_TOKENS]
        if tokens:
            yield (
                "Slack: api.slack.com/apps, Create New App, From a manifest: paste manifest.yml; install it. "
                f"Write its tokens into .env ({' and '.join(tokens)})."
            )
        if others:
            yield f"Settings: write {' and '.join(others)} into .env. docs/configuration.md describes them."
        if self.placeholders:
            yield (
                "AWS: the policies in iam/ are not complete, because AWS did not tell everything. "
                f"{self.placeholders}"
            )
        yield "AWS: attach the policies in iam/ to the role, or the user, that the workers will have."
        if not self.may_anybody_deploy:
            yield "services.yml: nobody may deploy yet. Write who may, as `deployers`."
        elif self.open_questions:
            yield "services.yml: answer its questions. Each may wait until you deploy that service."
        at, here = (f"cd {folder} && ", str(folder)) if folder != Path() else ("", "this folder")
        yield f"Check the files: {at}slipway check --env bot --env worker --env scheduler"
        yield (
            f"With Redis running at REDIS_URL, start the three processes in {here}: "
            "python -m bot, python -m workers and python -m workers.scheduler."
        )
        yield f"Check the whole installation: {at}slipway doctor"
        yield "In Slack: /deploy opens a form with your services and their tags."
