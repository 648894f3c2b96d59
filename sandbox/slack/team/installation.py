"""The app as installed in the workspace: its manifest, tokens and secret."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.slack.team.app_manifest import AppManifest

BOT_TOKEN = "xoxb-sandbox-bot"
APP_TOKEN = "xapp-sandbox-app"
SIGNING_SECRET = "sandbox-signing-secret"
VERIFICATION_TOKEN = "sandbox-verification-token"


@dataclass(frozen=True)
class AppInstallation:
    manifest: AppManifest
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    signing_secret: str = SIGNING_SECRET
    verification_token: str = VERIFICATION_TOKEN

    def scopes_of(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a token; None for a token that Slack never issued."""
        if token == self.bot_token:
            return self.manifest.scopes
        if token == self.app_token:
            return ("connections:write",)
        return None

    def receives_event(self, event: str, scope: str | None) -> bool:
        """Slack only sends an event if the app subscribed to it and has its scope, if there is one."""
        return event in self.manifest.events and (scope is None or scope in self.manifest.scopes)
