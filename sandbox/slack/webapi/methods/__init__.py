"""The Web API methods this Slack answers, each with its scope, token and rate."""

from __future__ import annotations

from sandbox.slack.webapi.limits import OPENING_CONNECTIONS, SPECIAL, TIER_2, TIER_3, TIER_4
from sandbox.slack.webapi.method import Method
from sandbox.slack.webapi.methods import chat, connection, conversations, people, reactions, views

METHODS: dict[str, Method] = {
    "api.test": Method(connection.api_test, rate=TIER_4, token="none"),
    "auth.test": Method(connection.auth_test, rate=SPECIAL, token="either"),
    "apps.connections.open": Method(
        connection.open_connection, "connections:write", OPENING_CONNECTIONS, token="app"
    ),
    "chat.postMessage": Method(chat.post_message, "chat:write", SPECIAL),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write", TIER_4),
    "chat.update": Method(chat.update, "chat:write", TIER_3),
    "chat.delete": Method(chat.delete, "chat:write", TIER_3),
    "chat.getPermalink": Method(chat.get_permalink, rate=SPECIAL),
    "conversations.list": Method(conversations.list_channels, rate=TIER_2),
    "conversations.info": Method(conversations.info, rate=TIER_3),
    "conversations.members": Method(conversations.members, rate=TIER_4),
    "conversations.open": Method(conversations.open_direct_messages, "im:write", TIER_3),
    "conversations.join": Method(conversations.join, "channels:join", TIER_3),
    "conversations.history": Method(conversations.history, rate=TIER_3),
    "conversations.replies": Method(conversations.replies, rate=TIER_3),
    "users.info": Method(people.user_info, "users:read", TIER_4),
    "users.list": Method(people.users_list, "users:read", TIER_2),
    "users.lookupByEmail": Method(people.lookup_by_email, "users:read.email", TIER_3),
    "usergroups.list": Method(people.usergroups_list, "usergroups:read", TIER_2),
    "usergroups.users.list": Method(people.usergroup_users, "usergroups:read", TIER_2),
    "bots.info": Method(people.bot_info, "users:read", TIER_3),
    "team.info": Method(people.team_info, "team:read", TIER_3),
    "views.open": Method(views.open_view, rate=TIER_4),
    "views.push": Method(views.push, rate=TIER_4),
    "views.update": Method(views.update, rate=TIER_4),
    "views.publish": Method(views.publish, rate=TIER_4),
    "reactions.add": Method(reactions.add, "reactions:write", TIER_3),
    "reactions.remove": Method(reactions.remove, "reactions:write", TIER_2),
}
