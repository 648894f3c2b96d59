"""The app as installed in the workspace: its manifest, tokens and secret."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.slack.team.app_manifest import AppManifest
from sandbox.slack.team.workspace import APP_ID

BOT_TOKEN = "xoxb-sandbox-bot"
APP_TOKEN = "xapp-sandbox-app"
SIGNING_SECRET = "sandbox-signing-secret"
CONFIG_TOKEN = "xoxe.xoxp-sandbox-config"
"""The configuration token of the person who made the app: it reads the app's manifest."""
VERIFICATION_TOKEN = "sandbox-verification-token"


@dataclass(frozen=True)
class AppInstallation:
    manifest: AppManifest
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    signing_secret: str = SIGNING_SECRET
    verification_token: str = VERIFICATION_TOKEN
    app_of_app_token: str = APP_ID
    """The id of the app that the app-level token is of."""
    app_token_scopes: tuple[str, ...] = ("connections:write",)
    """What that token was generated for."""

    def scopes_of(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a token; None for a token that Slack never issued."""
        if token == self.bot_token:
            return self.manifest.scopes
        if token == self.app_token:
            return self.app_token_scopes
        if token == CONFIG_TOKEN:
            return ("app_configurations:read", "app_configurations:write")
        return None

    def kind_of(self, token: str) -> str:
        """`app`, `config` or `bot`: what a token of this app is for."""
        return {self.app_token: "app", CONFIG_TOKEN: "config"}.get(token, "bot")

    def receives_event(self, event: str, scope: str | None) -> bool:
        """Slack only sends an event if the app subscribed to it and has its scope, if there is one."""
        return event in self.manifest.events and (scope is None or scope in self.manifest.scopes)
