"""The Web API methods this Slack answers, each with its scope, token and rate."""

from __future__ import annotations

from sandbox.slack.slack_limits import OPENING_CONNECTIONS, SPECIAL, TIER_2, TIER_3, TIER_4
from sandbox.slack.webapi.api_method import ApiMethod
from sandbox.slack.webapi.methods import (
    chat_methods,
    connection_methods,
    conversations_methods,
    reactions_methods,
    users_methods,
    views_methods,
)

METHODS: dict[str, ApiMethod] = {
    "api.test": ApiMethod(connection_methods.api_test, rate=TIER_4, token="none"),
    "auth.test": ApiMethod(connection_methods.auth_test, rate=SPECIAL, token="either"),
    "apps.connections.open": ApiMethod(
        connection_methods.open_connection, "connections:write", OPENING_CONNECTIONS, token="app"
    ),
    "chat.postMessage": ApiMethod(chat_methods.post_message, "chat:write", SPECIAL),
    "chat.postEphemeral": ApiMethod(chat_methods.post_ephemeral, "chat:write", TIER_4),
    "chat.update": ApiMethod(chat_methods.update_message, "chat:write", TIER_3),
    "chat.delete": ApiMethod(chat_methods.delete_message, "chat:write", TIER_3),
    "chat.getPermalink": ApiMethod(chat_methods.get_permalink, rate=SPECIAL),
    "conversations.list": ApiMethod(conversations_methods.list_channels, rate=TIER_2),
    "conversations.info": ApiMethod(conversations_methods.channel_info, rate=TIER_3),
    "conversations.members": ApiMethod(conversations_methods.channel_members, rate=TIER_4),
    "conversations.open": ApiMethod(conversations_methods.open_direct_messages, "im:write", TIER_3),
    "conversations.join": ApiMethod(conversations_methods.join_channel, "channels:join", TIER_3),
    "conversations.history": ApiMethod(conversations_methods.channel_history, rate=TIER_3),
    "conversations.replies": ApiMethod(conversations_methods.thread_replies, rate=TIER_3),
    "users.info": ApiMethod(users_methods.user_info, "users:read", TIER_4),
    "users.list": ApiMethod(users_methods.users_list, "users:read", TIER_2),
    "users.lookupByEmail": ApiMethod(users_methods.lookup_by_email, "users:read.email", TIER_3),
    "usergroups.list": ApiMethod(users_methods.usergroups_list, "usergroups:read", TIER_2),
    "usergroups.users.list": ApiMethod(users_methods.usergroup_users, "usergroups:read", TIER_2),
    "bots.info": ApiMethod(users_methods.bot_info, "users:read", TIER_3),
    "team.info": ApiMethod(users_methods.team_info, "team:read", TIER_3),
    "views.open": ApiMethod(views_methods.open_view, rate=TIER_4),
    "views.push": ApiMethod(views_methods.push_view, rate=TIER_4),
    "views.update": ApiMethod(views_methods.update_view, rate=TIER_4),
    "views.publish": ApiMethod(views_methods.publish_home, rate=TIER_4),
    "reactions.add": ApiMethod(reactions_methods.add_reaction, "reactions:write", TIER_3),
    "reactions.remove": ApiMethod(reactions_methods.remove_reaction, "reactions:write", TIER_2),
}
