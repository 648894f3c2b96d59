"""Users and channels in the form of the Web API."""

from __future__ import annotations

from typing import Any

from sandbox.slack.team.workspace import (
    ALICE,
    APP_ID,
    BOT_ID,
    BOT_USER,
    CREATED_AT,
    TEAM_ID,
    SlackChannel,
    SlackUser,
)

Json = dict[str, Any]


def user_json(user: SlackUser, scopes: tuple[str, ...]) -> Json:
    profile: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "first_name": user.real_name.split()[0],
        "last_name": " ".join(user.real_name.split()[1:]),
        "title": "",
        "phone": "",
        "status_text": "",
        "status_emoji": "",
        "team": user.team,
    }
    if user.email is not None and "users:read.email" in scopes:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"bot_id": BOT_ID, "api_app_id": APP_ID, "always_active": True}
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": False,
        "real_name": user.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile,
        "is_admin": user.id == ALICE,
        "is_owner": user.id == ALICE,
        "is_primary_owner": user.id == ALICE,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_email_confirmed": user.email is not None,
        "updated": CREATED_AT,
    }


def channel_json(channel: SlackChannel) -> Json:
    if channel.direct_to is not None:
        return {
            "id": channel.id,
            "created": CREATED_AT,
            "is_im": True,
            "is_org_shared": False,
            "is_archived": False,
            "context_team_id": TEAM_ID,
            "user": channel.direct_to,
            "is_user_deleted": False,
            "is_open": True,
        }
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private and not channel.is_group_direct,
        "is_im": False,
        "is_mpim": channel.is_group_direct,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False,
        "is_member": BOT_USER in channel.members,
        "created": CREATED_AT,
        "updated": CREATED_AT * 1000,
        "creator": ALICE,
        "context_team_id": TEAM_ID,
        "unlinked": 0,
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
        "num_members": len(channel.members),
    }
