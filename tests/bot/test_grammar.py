"""What people type, and what Slack and phones make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import reason, written
from bot.grammar import (
    TAG,
    VERBS,
    CancelCommand,
    Command,
    DeployCommand,
    DeploySeveralCommand,
    FollowCommand,
    HelpCommand,
    Mistake,
    PlanCommand,
    RestartCommand,
    RollbackCommand,
    StatusCommand,
    TagsCommand,
    Wrong,
    parse,
    parse_mention,
)
from deploys.catalogue.names import VERBS as KEPT_WORDS

BOT = "U0SLIPWAYB"


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
        ("web,api 1.4.2", DeploySeveralCommand(("web", "api"), "1.4.2")),
        ("deploy web, api 1.4.2 fixes it", DeploySeveralCommand(("web", "api"), "1.4.2", "fixes it")),
        ("Web ,API , ledger 1.4.2", DeploySeveralCommand(("web", "api", "ledger"), "1.4.2")),
        ("`web`, “api”: 1.4.2", DeploySeveralCommand(("web", "api"), "1.4.2")),
        ("web, 1.4.2", DeployCommand("web", "1.4.2")),
        ("web,api, 1.4.2 a, b", DeploySeveralCommand(("web", "api"), "1.4.2", "a, b")),
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
        ("", Mistake(Wrong.NOTHING_SAID)),
        (" \n ", Mistake(Wrong.NOTHING_SAID)),
        ("deploy", Mistake(Wrong.NOTHING_SAID)),
        ("web", Mistake(Wrong.NO_TAG, "web", "web")),
        ("web .hidden", Mistake(Wrong.BAD_TAG, ".hidden", "web")),
        ("web -rf", Mistake(Wrong.BAD_TAG, "-rf", "web")),
        ("web 1.4.2+build", Mistake(Wrong.BAD_TAG, "1.4.2+build", "web")),
        ("web $(id)", Mistake(Wrong.BAD_TAG, "$(id)", "web")),
        ("web 1.4.2é", Mistake(Wrong.BAD_TAG, "1.4.2é", "web")),
        ("web " + "x" * 129, Mistake(Wrong.BAD_TAG, "x" * 128 + "…", "web")),
        ("web web:" + "1" * 128, Mistake(Wrong.BAD_TAG, "web:" + "1" * 124 + "…", "web")),
        ("plan web " + "x" * 129, Mistake(Wrong.BAD_TAG, "x" * 128 + "…", "web", "plan")),
        ("rollback web " + "x" * 129, Mistake(Wrong.BAD_TAG, "x" * 128 + "…", "web", "rollback")),
        ("x" * 129, Mistake(Wrong.NO_TAG, "x" * 128 + "…", "x" * 128 + "…")),
        (",".join(f"s{n}" for n in range(21)) + " 1.4.2", Mistake(Wrong.TOO_MANY_NAMES, "21")),
        ("a" + ",b" * 20_000 + " 1.4.2", Mistake(Wrong.TOO_MANY_NAMES, "20001")),
        ("cancel a" + ",b" * 20_000, Mistake(Wrong.TOO_MANY_NAMES, "20001")),
        ("plan a" + ",b" * 20_000 + " 1.4.2", Mistake(Wrong.ONE_AT_A_TIME, "plan", verb="plan")),
        ("web web:1.4.2", Mistake(Wrong.WHOLE_IMAGE, "1.4.2", "web")),
        ("web host:5000/web", Mistake(Wrong.BAD_TAG, "host:5000/web", "web")),
        ("web web@sha256:00ff", Mistake(Wrong.DIGEST, "web@sha256:00ff", "web")),
        ("web 1.4.2 " + "x" * 501, Mistake(Wrong.LONG_WHY, "501", "web")),
        ("web,,api 1.4.2", Mistake(Wrong.EMPTY_NAME, "web,,api")),
        (",web 1.4.2", Mistake(Wrong.EMPTY_NAME, ",web")),
        ("web,api,web 1.4.2", Mistake(Wrong.REPEATED_NAME, "web")),
        ("web, api", Mistake(Wrong.NO_TAG, "web,api", "web,api")),
        ("web,api 1.4!", Mistake(Wrong.BAD_TAG, "1.4!", "web,api")),
        ("plan web,api 1.4.2", Mistake(Wrong.ONE_AT_A_TIME, "plan", verb="plan")),
        ("restart web, api", Mistake(Wrong.ONE_AT_A_TIME, "restart", verb="restart")),
        ("rollback web,api 1.4.1", Mistake(Wrong.ONE_AT_A_TIME, "rollback", verb="rollback")),
        ("tags web,api", Mistake(Wrong.ONE_AT_A_TIME, "tags", verb="tags")),
        ("status web,api", Mistake(Wrong.ONE_AT_A_TIME, "status", verb="status")),
        ("plan", Mistake(Wrong.NO_SERVICE, "plan")),
        ("plan web", Mistake(Wrong.NO_TAG, "web", "web", "plan")),
        ("plan web 1.4!", Mistake(Wrong.BAD_TAG, "1.4!", "web", "plan")),
        ("plan web 1.4.2 please", Mistake(Wrong.TOO_MANY_WORDS, "plan")),
        ("tags", Mistake(Wrong.NO_SERVICE, "tags")),
        ("tags web api", Mistake(Wrong.TOO_MANY_WORDS, "tags")),
        ("restart", Mistake(Wrong.NO_SERVICE, "restart")),
        ("restart web " + "x" * 501, Mistake(Wrong.LONG_WHY, "501", "web", "restart")),
        ("rollback", Mistake(Wrong.NO_SERVICE, "rollback")),
        ("rollback web web:1.4.1", Mistake(Wrong.WHOLE_IMAGE, "1.4.1", "web", "rollback")),
        ("rollback web sha256:00ff", Mistake(Wrong.DIGEST, "sha256:00ff", "web", "rollback")),
        ("rollback web 1.4.1 it is bad", Mistake(Wrong.TOO_MANY_WORDS, "rollback")),
        ("help status", Mistake(Wrong.TOO_MANY_WORDS, "help")),
        ("Status web api", Mistake(Wrong.TOO_MANY_WORDS, "status")),
        ("cancel web api", Mistake(Wrong.TOO_MANY_WORDS, "cancel")),
    ],
)
def test_mistakes(text: str, mistake: Mistake) -> None:
    assert parse(text) == mistake


@pytest.mark.parametrize("word", ["to", "TO", "in", "On", "at", "“to”", "to:"])
def test_a_word_before_a_place_is_no_tag(word: str) -> None:
    said = word.strip("“”:")
    for text, verb in (("web", ""), ("plan web", "plan"), ("rollback web", "rollback")):
        assert parse(f"{text} {word} staging") == Mistake(Wrong.PLACE, said, "web", verb)
        assert parse(f"{text} {word}") == Mistake(Wrong.PLACE, said, "web", verb)
    assert parse(f"web {word} 1.4.2") == Mistake(Wrong.PLACE, said, "web", tag="1.4.2")


OPTIONS = [
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


@pytest.mark.parametrize("said", OPTIONS)
def test_a_place_or_an_option_is_no_reason(said: str) -> None:
    assert parse(f"web 1.4.2 {said}") == Mistake(Wrong.OPTION, said, "web", tag="1.4.2")
    assert parse(f"web,api 1.4.2 {said}") == Mistake(Wrong.OPTION, said, "web,api", tag="1.4.2")
    assert parse(f"restart web {said}") == Mistake(Wrong.OPTION, said, "web", "restart")
    assert parse(f"plan web 1.4.2 {said}") == Mistake(Wrong.OPTION, said, "web", "plan", "1.4.2")
    assert parse(f"rollback web 1.4.1 {said}") == Mistake(Wrong.OPTION, said, "web", "rollback", "1.4.1")
    assert parse_mention(f"<@{BOT}> deploy web 1.4.2 {said}", BOT) == parse(f"web 1.4.2 {said}")


@pytest.mark.parametrize("said", OPTIONS)
def test_behind_a_colon_it_is_one(said: str) -> None:
    why = written.prose(said)
    for marked in (f"web 1.4.2: {said}", f"web 1.4.2 : {said}"):
        assert parse(marked) == DeployCommand("web", "1.4.2", why)
    assert parse(f"restart web: {said}") == RestartCommand("web", why)
    assert parse(f"web,api 1.4.2: {said}") == DeploySeveralCommand(("web", "api"), "1.4.2", why)


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
    assert set(VERBS) < KEPT_WORDS


def test_words_kept_for_later_are_no_services() -> None:
    for word in KEPT_WORDS - {"deploy", *VERBS}:
        assert parse(f"{word} 1.4.2") == Mistake(Wrong.NOT_A_COMMAND, word)


@pytest.mark.parametrize(
    "text",
    [
        f"<@{BOT}> deploy web 1.4.2",
        f"<@{BOT}> web 1.4.2",
        f"<@{BOT}|slipway>: web 1.4.2",
        f"  <@{BOT}>, deploy web 1.4.2 ",
        f"<@{BOT}> <@{BOT}> web 1.4.2",
        f"\N{ZERO WIDTH SPACE}<@{BOT}>\N{NO-BREAK SPACE}web 1.4.2",
    ],
)
def test_a_mention_at_the_beginning_addresses_the_bot(text: str) -> None:
    assert parse_mention(text, BOT) == DeployCommand("web", "1.4.2")


@pytest.mark.parametrize(
    "text",
    [
        f"did <@{BOT}> deploy web 1.4.2",
        f"please do not, <@{BOT}> web 1.4.2",
        f"&gt; <@{BOT}> deploy web 1.4.2",
        f"<@U02BOB0000> <@{BOT}> web 1.4.2",
        "deploy web 1.4.2",
        f"<@{BOT}X> web 1.4.2",
    ],
)
def test_any_other_mention_does_not(text: str) -> None:
    assert parse_mention(text, BOT) == Mistake(Wrong.NOT_ADDRESSED)


def test_a_bare_mention_says_nothing() -> None:
    assert parse_mention(f"<@{BOT}>", BOT) == Mistake(Wrong.NOTHING_SAID)


names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(lambda it: it not in KEPT_WORDS)
tags = st.from_regex(TAG, fullmatch=True).filter(lambda it: not reason.is_place_word(it))
words = st.from_regex(r"[A-Za-z0-9.,!]{1,10}", fullmatch=True)
sentences = st.lists(words, max_size=8).map(" ".join).filter(lambda it: not reason.reads_like_option(it))


@given(names, tags, sentences)
def test_what_is_written_plainly_is_read_back(service: str, tag: str, why: str) -> None:
    assert parse(f"{service} {tag} {why}") == DeployCommand(service, tag, why)


@given(names, tags, sentences)
def test_what_slack_and_phones_do_to_it_changes_nothing(service: str, tag: str, why: str) -> None:
    plainly = parse(f"{service} {tag} {why}")

    assert parse(f"{service} <http://{tag}|{tag}> {why}") == plainly
    assert parse(f"“{service}” ‘{tag}’  {why}") == plainly
    assert parse(f"deploy {service.capitalize()} `{tag}` {why}") == plainly
    assert parse_mention(f"<@{BOT}> deploy {service} {tag} {why}", BOT) == plainly


@given(st.text())
def test_any_text_is_a_command_or_a_mistake(text: str) -> None:
    read = parse(text)

    if isinstance(read, DeployCommand):
        assert TAG.fullmatch(read.tag)
        assert not reason.is_place_word(read.tag)
        assert len(read.why) <= 500
        assert read.service == read.service.strip().lower()


@given(
    st.text(alphabet="abcXYZ019_.,:-", min_size=129, max_size=300),
    st.sampled_from(["", "plan ", "rollback "]),
)
def test_what_is_cut_is_never_taken_for_whole(word: str, verb: str) -> None:
    read = parse(f"{verb}web {word}")

    if isinstance(read, DeployCommand | PlanCommand):
        assert read.tag in word
        assert len(written.word(word.rstrip(":,;"))) <= written.LONGEST_WORD
    if isinstance(read, RollbackCommand):
        assert len(written.word(word.rstrip(":,;"))) <= written.LONGEST_WORD
