"""The Web API methods that are played, each with its scope, token and rate limit."""

from __future__ import annotations

from sandbox.slack.slack_limits import OPENING_CONNECTIONS, SPECIAL, TIER_2, TIER_3, TIER_4
from sandbox.slack.webapi.api_method import ApiMethod
from sandbox.slack.webapi.methods import chat_methods, connection_methods, lookup_methods, views_methods

METHODS: dict[str, ApiMethod] = {
    "api.test": ApiMethod(connection_methods.api_test, rate=TIER_4, token="none"),
    "auth.test": ApiMethod(connection_methods.auth_test, rate=SPECIAL, token="either"),
    "apps.connections.open": ApiMethod(
        connection_methods.open_connection, "connections:write", OPENING_CONNECTIONS, token="app"
    ),
    "apps.manifest.export": ApiMethod(connection_methods.export_manifest, rate=TIER_3, token="config"),
    "bots.info": ApiMethod(lookup_methods.bot_info, "users:read", TIER_3),
    "chat.postMessage": ApiMethod(chat_methods.post_message, "chat:write", SPECIAL),
    "chat.postEphemeral": ApiMethod(chat_methods.post_ephemeral, "chat:write", TIER_4),
    "chat.update": ApiMethod(chat_methods.update_message, "chat:write", TIER_3),
    "chat.delete": ApiMethod(chat_methods.delete_message, "chat:write", TIER_3),
    "chat.getPermalink": ApiMethod(chat_methods.get_permalink, rate=SPECIAL),
    "conversations.info": ApiMethod(lookup_methods.channel_info, rate=TIER_3),
    "users.info": ApiMethod(lookup_methods.user_info, "users:read", TIER_4),
    "usergroups.users.list": ApiMethod(lookup_methods.user_group_members, "usergroups:read", TIER_2),
    "views.open": ApiMethod(views_methods.open_view, rate=TIER_4),
    "views.push": ApiMethod(views_methods.push_view, rate=TIER_4),
    "views.update": ApiMethod(views_methods.update_view, rate=TIER_4),
    "views.publish": ApiMethod(views_methods.publish_home, rate=TIER_4),
}
