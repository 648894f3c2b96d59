"""What people type, and what Slack and phones make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import slack_text
from bot.grammar import (
    TAG,
    VERBS,
    CancelCommand,
    Command,
    DeployBatchCommand,
    DeployCommand,
    FollowCommand,
    HelpCommand,
    ParseError,
    ParseErrorKind,
    PlanCommand,
    RestartCommand,
    RollbackCommand,
    StatusCommand,
    TagsCommand,
    parse,
    parse_mention,
)
from deploys.catalogue.service_names import RESERVED_NAMES

BOT_USER = "U0SLIPWAYB"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("web 1.4.2", DeployCommand("web", "1.4.2")),
        ("deploy web 1.4.2", DeployCommand("web", "1.4.2")),
        ("  web   1.4.2  ", DeployCommand("web", "1.4.2")),
        ("web 1.4.2 fixes  the login", DeployCommand("web", "1.4.2", "fixes the login")),
        ("Web 1.4.2-RC1", DeployCommand("web", "1.4.2-RC1")),
        ("web\N{NO-BREAK SPACE}1.4.2", DeployCommand("web", "1.4.2")),
        ("web \N{ZERO WIDTH SPACE}1.4.2", DeployCommand("web", "1.4.2")),
        ("web 1.4.2\nfixes\nthe login", DeployCommand("web", "1.4.2", "fixes the login")),
        ("“web” ‘1.4.2’ “fixes the login”", DeployCommand("web", "1.4.2", "fixes the login")),
        ("`web` `1.4.2`", DeployCommand("web", "1.4.2")),
        ("web 1.4.2 – fixes the login", DeployCommand("web", "1.4.2", "fixes the login")),
        ("web 1.4.2: it’s urgent", DeployCommand("web", "1.4.2", "it’s urgent")),
        ("web 1.4\N{EN DASH}rc", DeployCommand("web", "1.4-rc")),
        ("web 1.4\N{EM DASH}rc", DeployCommand("web", "1.4--rc")),
        ("web <http://1.4.rc|1.4.rc>", DeployCommand("web", "1.4.rc")),
        ("<http://web.site|web.site> 1.4.2", DeployCommand("web.site", "1.4.2")),
        (
            "web 1.4.2 see <https://example.com/pull/7>",
            DeployCommand("web", "1.4.2", "see https://example.com/pull/7"),
        ),
        (
            "web 1.4.2 asked by <@U02BOB0000|bob> in <#C01|ops>",
            DeployCommand("web", "1.4.2", "asked by @bob in #ops"),
        ),
        ("web 1.4.2 <!here> <!subteam^S01|@ops>", DeployCommand("web", "1.4.2", "@here @ops")),
        ("web 1.4.2 a &lt;b&gt; &amp; c", DeployCommand("web", "1.4.2", "a <b> & c")),
        ("web 1.4.2 a <b> c", DeployCommand("web", "1.4.2", "a <b> c")),
        ("web 1.4.2 <mailto:a@b.c|a@b.c>", DeployCommand("web", "1.4.2", "a@b.c")),
        ("web 1.4.2 &amp;lt;", DeployCommand("web", "1.4.2", "&lt;")),
        ("web _" + "x" * 127, DeployCommand("web", "_" + "x" * 127)),
        ("web,api 1.4.2", DeployBatchCommand(("web", "api"), "1.4.2")),
        ("deploy web, api 1.4.2 fixes it", DeployBatchCommand(("web", "api"), "1.4.2", "fixes it")),
        ("Web ,API , ledger 1.4.2", DeployBatchCommand(("web", "api", "ledger"), "1.4.2")),
        ("`web`, “api”: 1.4.2", DeployBatchCommand(("web", "api"), "1.4.2")),
        ("web, 1.4.2", DeployCommand("web", "1.4.2")),
        ("web,api, 1.4.2 a, b", DeployBatchCommand(("web", "api"), "1.4.2", "a, b")),
        ("web 1.4.2 ,api", DeployCommand("web", "1.4.2", ",api")),
        ("cancel web, api", CancelCommand("web,api")),
        ("plan web 1.4.2", PlanCommand("web", "1.4.2")),
        ("Plan Web: <http://1.4.rc|1.4.rc>", PlanCommand("web", "1.4.rc")),
        ("tags web", TagsCommand("web")),
        ("TAGS `Web`", TagsCommand("web")),
        ("restart web", RestartCommand("web")),
        ("Restart Web – it leaks memory", RestartCommand("web", "it leaks memory")),
        ("rollback web", RollbackCommand("web")),
        ("rollback Web `1.4.1-RC1`", RollbackCommand("web", "1.4.1-RC1")),
        ("rollback web k3m9x2pq", RollbackCommand("web", "k3m9x2pq")),
        ("follow web", FollowCommand("web")),
        ("Follow `Web`", FollowCommand("web")),
        ("status", StatusCommand()),
        ("STATUS Web", StatusCommand("web")),
        ("cancel", CancelCommand()),
        ("cancel Web", CancelCommand("web")),
        ("cancel “k3m9x2pq”", CancelCommand("k3m9x2pq")),
        ("Help", HelpCommand()),
    ],
)
def test_commands(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", ParseError(ParseErrorKind.EMPTY)),
        (" \n ", ParseError(ParseErrorKind.EMPTY)),
        ("deploy", ParseError(ParseErrorKind.EMPTY)),
        ("web", ParseError(ParseErrorKind.MISSING_TAG, "web", "web")),
        ("web .hidden", ParseError(ParseErrorKind.INVALID_TAG, ".hidden", "web")),
        ("web -rf", ParseError(ParseErrorKind.INVALID_TAG, "-rf", "web")),
        ("web 1.4.2+build", ParseError(ParseErrorKind.INVALID_TAG, "1.4.2+build", "web")),
        ("web $(id)", ParseError(ParseErrorKind.INVALID_TAG, "$(id)", "web")),
        ("web 1.4.2é", ParseError(ParseErrorKind.INVALID_TAG, "1.4.2é", "web")),
        ("web " + "x" * 129, ParseError(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web")),
        ("web web:" + "1" * 128, ParseError(ParseErrorKind.INVALID_TAG, "web:" + "1" * 124 + "…", "web")),
        ("plan web " + "x" * 129, ParseError(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web", "plan")),
        (
            "rollback web " + "x" * 129,
            ParseError(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web", "rollback"),
        ),
        ("x" * 129, ParseError(ParseErrorKind.MISSING_TAG, "x" * 128 + "…", "x" * 128 + "…")),
        (",".join(f"s{n}" for n in range(21)) + " 1.4.2", ParseError(ParseErrorKind.TOO_MANY_NAMES, "21")),
        ("a" + ",b" * 20_000 + " 1.4.2", ParseError(ParseErrorKind.TOO_MANY_NAMES, "20001")),
        ("cancel a" + ",b" * 20_000, ParseError(ParseErrorKind.TOO_MANY_NAMES, "20001")),
        (
            "plan a" + ",b" * 20_000 + " 1.4.2",
            ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "plan", verb="plan"),
        ),
        ("web web:1.4.2", ParseError(ParseErrorKind.FULL_IMAGE, "1.4.2", "web")),
        ("web host:5000/web", ParseError(ParseErrorKind.INVALID_TAG, "host:5000/web", "web")),
        ("web web@sha256:00ff", ParseError(ParseErrorKind.DIGEST, "web@sha256:00ff", "web")),
        ("web 1.4.2 " + "x" * 501, ParseError(ParseErrorKind.REASON_TOO_LONG, "501", "web")),
        ("web,,api 1.4.2", ParseError(ParseErrorKind.MISSING_NAME, "web,,api")),
        (",web 1.4.2", ParseError(ParseErrorKind.MISSING_NAME, ",web")),
        ("web,api,web 1.4.2", ParseError(ParseErrorKind.REPEATED_NAME, "web")),
        ("web, api", ParseError(ParseErrorKind.MISSING_TAG, "web,api", "web,api")),
        ("web,api 1.4!", ParseError(ParseErrorKind.INVALID_TAG, "1.4!", "web,api")),
        ("plan web,api 1.4.2", ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "plan", verb="plan")),
        ("restart web, api", ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "restart", verb="restart")),
        (
            "rollback web,api 1.4.1",
            ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "rollback", verb="rollback"),
        ),
        ("tags web,api", ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "tags", verb="tags")),
        ("status web,api", ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, "status", verb="status")),
        ("plan", ParseError(ParseErrorKind.MISSING_SERVICE, "plan")),
        ("plan web", ParseError(ParseErrorKind.MISSING_TAG, "web", "web", "plan")),
        ("plan web 1.4!", ParseError(ParseErrorKind.INVALID_TAG, "1.4!", "web", "plan")),
        ("plan web 1.4.2 please", ParseError(ParseErrorKind.TOO_MANY_WORDS, "plan")),
        ("tags", ParseError(ParseErrorKind.MISSING_SERVICE, "tags")),
        ("tags web api", ParseError(ParseErrorKind.TOO_MANY_WORDS, "tags")),
        ("restart", ParseError(ParseErrorKind.MISSING_SERVICE, "restart")),
        ("restart web " + "x" * 501, ParseError(ParseErrorKind.REASON_TOO_LONG, "501", "web", "restart")),
        ("rollback", ParseError(ParseErrorKind.MISSING_SERVICE, "rollback")),
        ("rollback web web:1.4.1", ParseError(ParseErrorKind.FULL_IMAGE, "1.4.1", "web", "rollback")),
        ("rollback web sha256:00ff", ParseError(ParseErrorKind.DIGEST, "sha256:00ff", "web", "rollback")),
        ("rollback web 1.4.1 it is bad", ParseError(ParseErrorKind.TOO_MANY_WORDS, "rollback")),
        ("help status", ParseError(ParseErrorKind.TOO_MANY_WORDS, "help")),
        ("Status web api", ParseError(ParseErrorKind.TOO_MANY_WORDS, "status")),
        ("cancel web api", ParseError(ParseErrorKind.TOO_MANY_WORDS, "cancel")),
    ],
)
def test_mistakes(text: str, mistake: ParseError) -> None:
    assert parse(text) == mistake


@pytest.mark.parametrize("word", ["to", "TO", "in", "On", "at", "“to”", "to:"])
def test_a_word_before_a_place_is_no_tag(word: str) -> None:
    said = word.strip("“”:")
    for text, verb in (("web", ""), ("plan web", "plan"), ("rollback web", "rollback")):
        assert parse(f"{text} {word} staging") == ParseError(ParseErrorKind.PLACE_FOR_TAG, said, "web", verb)
        assert parse(f"{text} {word}") == ParseError(ParseErrorKind.PLACE_FOR_TAG, said, "web", verb)
    assert parse(f"web {word} 1.4.2") == ParseError(ParseErrorKind.PLACE_FOR_TAG, said, "web", tag="1.4.2")


PLACES_AND_OPTIONS = [
    "to staging",
    "To Staging!",
    "in prod",
    "on call",
    "at night",
    "to",
    "“to” staging",
    "- to staging",
    "– to staging",
    "--env staging",
    "--force",
    "-- fixes the login",
    "— fixes the login",
    "—env staging",
    "–env staging",
    "––env staging",
    "-e staging",
    "`--env` staging",
]
"""Reasons that read like a place or an option."""


@pytest.mark.parametrize("said", PLACES_AND_OPTIONS)
def test_a_place_or_an_option_is_no_reason(said: str) -> None:
    assert parse(f"web 1.4.2 {said}") == ParseError(ParseErrorKind.PLACE_OR_OPTION, said, "web", tag="1.4.2")
    assert parse(f"web,api 1.4.2 {said}") == ParseError(
        ParseErrorKind.PLACE_OR_OPTION, said, "web,api", tag="1.4.2"
    )
    assert parse(f"restart web {said}") == ParseError(ParseErrorKind.PLACE_OR_OPTION, said, "web", "restart")
    assert parse(f"plan web 1.4.2 {said}") == ParseError(
        ParseErrorKind.PLACE_OR_OPTION, said, "web", "plan", "1.4.2"
    )
    assert parse(f"rollback web 1.4.1 {said}") == ParseError(
        ParseErrorKind.PLACE_OR_OPTION, said, "web", "rollback", "1.4.1"
    )
    assert parse_mention(f"<@{BOT_USER}> deploy web 1.4.2 {said}", BOT_USER) == parse(f"web 1.4.2 {said}")


@pytest.mark.parametrize("said", PLACES_AND_OPTIONS)
def test_behind_a_colon_it_is_one(said: str) -> None:
    why = slack_text.clean_sentence(said)
    for marked in (f"web 1.4.2: {said}", f"web 1.4.2 : {said}"):
        assert parse(marked) == DeployCommand("web", "1.4.2", why)
    assert parse(f"restart web: {said}") == RestartCommand("web", why)
    assert parse(f"web,api 1.4.2: {said}") == DeployBatchCommand(("web", "api"), "1.4.2", why)


def test_in_quotes_too() -> None:
    assert parse("web 1.4.2 “on call”") == DeployCommand("web", "1.4.2", "on call")
    assert parse('web 1.4.2 "--force was needed"') == DeployCommand("web", "1.4.2", "--force was needed")


@pytest.mark.parametrize(
    "said",
    ["in the evening", "to fix the login", "on call duty", "at last it works", "into staging", "tomorrow"],
)
def test_a_reason_that_goes_on_is_one(said: str) -> None:
    assert parse(f"web 1.4.2 {said}") == DeployCommand("web", "1.4.2", said)


def test_every_verb_is_kept_so_that_no_service_is_called_so() -> None:
    assert set(VERBS) < RESERVED_NAMES


def test_words_kept_for_later_are_no_services() -> None:
    for word in RESERVED_NAMES - {"deploy", *VERBS}:
        assert parse(f"{word} 1.4.2") == ParseError(ParseErrorKind.UNKNOWN_COMMAND, word)


@pytest.mark.parametrize(
    "text",
    [
        f"<@{BOT_USER}> deploy web 1.4.2",
        f"<@{BOT_USER}> web 1.4.2",
        f"<@{BOT_USER}|slipway>: web 1.4.2",
        f"  <@{BOT_USER}>, deploy web 1.4.2 ",
        f"<@{BOT_USER}> <@{BOT_USER}> web 1.4.2",
        f"\N{ZERO WIDTH SPACE}<@{BOT_USER}>\N{NO-BREAK SPACE}web 1.4.2",
    ],
)
def test_a_mention_at_the_beginning_addresses_the_bot(text: str) -> None:
    assert parse_mention(text, BOT_USER) == DeployCommand("web", "1.4.2")


@pytest.mark.parametrize(
    "text",
    [
        f"did <@{BOT_USER}> deploy web 1.4.2",
        f"please do not, <@{BOT_USER}> web 1.4.2",
        f"&gt; <@{BOT_USER}> deploy web 1.4.2",
        f"<@U02BOB0000> <@{BOT_USER}> web 1.4.2",
        "deploy web 1.4.2",
        f"<@{BOT_USER}X> web 1.4.2",
    ],
)
def test_any_other_mention_does_not(text: str) -> None:
    assert parse_mention(text, BOT_USER) == ParseError(ParseErrorKind.NOT_ADDRESSED)


def test_a_bare_mention_says_nothing() -> None:
    assert parse_mention(f"<@{BOT_USER}>", BOT_USER) == ParseError(ParseErrorKind.EMPTY)


service_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(
    lambda it: it not in RESERVED_NAMES
)
tags = st.from_regex(TAG, fullmatch=True).filter(lambda it: not slack_text.is_place_preposition(it))
plain_words = st.from_regex(r"[A-Za-z0-9.,!]{1,10}", fullmatch=True)
sentences = (
    st.lists(plain_words, max_size=8).map(" ".join).filter(lambda it: not slack_text.reads_like_option(it))
)


@given(service_names, tags, sentences)
def test_what_is_written_plainly_is_read_back(service: str, tag: str, why: str) -> None:
    assert parse(f"{service} {tag} {why}") == DeployCommand(service, tag, why)


@given(service_names, tags, sentences)
def test_what_slack_and_phones_do_to_it_changes_nothing(service: str, tag: str, why: str) -> None:
    plainly = parse(f"{service} {tag} {why}")

    assert parse(f"{service} <http://{tag}|{tag}> {why}") == plainly
    assert parse(f"“{service}” ‘{tag}’  {why}") == plainly
    assert parse(f"deploy {service.capitalize()} `{tag}` {why}") == plainly
    assert parse_mention(f"<@{BOT_USER}> deploy {service} {tag} {why}", BOT_USER) == plainly


@given(st.text())
def test_any_text_is_a_command_or_a_mistake(text: str) -> None:
    read = parse(text)

    if isinstance(read, DeployCommand):
        assert TAG.fullmatch(read.tag)
        assert not slack_text.is_place_preposition(read.tag)
        assert len(read.reason) <= 500
        assert read.service == read.service.strip().lower()


@given(
    st.text(alphabet="abcXYZ019_.,:-", min_size=129, max_size=300),
    st.sampled_from(["", "plan ", "rollback "]),
)
def test_what_is_cut_is_never_taken_for_whole(word: str, verb: str) -> None:
    read = parse(f"{verb}web {word}")

    if isinstance(read, DeployCommand | PlanCommand):
        assert read.tag in word
        assert len(slack_text.clean_word(word.rstrip(":,;"))) <= slack_text.MAX_WORD_LENGTH
    if isinstance(read, RollbackCommand):
        assert len(slack_text.clean_word(word.rstrip(":,;"))) <= slack_text.MAX_WORD_LENGTH
