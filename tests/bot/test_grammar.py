"""What people type, and what Slack and phones make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import slack_text
from bot.commands import SUBCOMMANDS, parse, parse_mention
from bot.grammar import TAG_PATTERN, Command, ParseError, ParseErrorKind
from deploys.catalogue.service_names import RESERVED_NAMES

BOT_USER = "U0SLIPWAYB"


def deploy(services: str, tag: str, reason: str = "") -> Command:
    return Command("deploy", tuple(services.split(",")), tag=tag, reason=reason)


def plan(service: str, tag: str) -> Command:
    return Command("plan", (service,), tag=tag)


def restart(service: str, reason: str = "") -> Command:
    return Command("restart", (service,), reason=reason)


def rollback(service: str, target: str = "") -> Command:
    return Command("rollback", (service,), target=target)


def mistake(
    kind: ParseErrorKind, word: str = "", service: str = "", verb: str = "", tag: str = ""
) -> tuple[ParseErrorKind, str, str, str, str]:
    return kind, word, service, verb, tag


def mistake_in(text: str, *, mention: bool = False) -> tuple[ParseErrorKind, str, str, str, str]:
    with pytest.raises(ParseError) as raised:
        parse_mention(text, BOT_USER) if mention else parse(text)
    error = raised.value
    return error.kind, error.word, error.service, error.verb, error.tag


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("web 1.4.2", deploy("web", "1.4.2")),
        ("deploy web 1.4.2", deploy("web", "1.4.2")),
        ("  web   1.4.2  ", deploy("web", "1.4.2")),
        ("web 1.4.2 fixes  the login", deploy("web", "1.4.2", "fixes the login")),
        ("Web 1.4.2-RC1", deploy("web", "1.4.2-RC1")),
        ("web\N{NO-BREAK SPACE}1.4.2", deploy("web", "1.4.2")),
        ("web \N{ZERO WIDTH SPACE}1.4.2", deploy("web", "1.4.2")),
        ("web 1.4.2\nfixes\nthe login", deploy("web", "1.4.2", "fixes the login")),
        ("“web” ‘1.4.2’ “fixes the login”", deploy("web", "1.4.2", "fixes the login")),
        ("`web` `1.4.2`", deploy("web", "1.4.2")),
        ("web 1.4.2 – fixes the login", deploy("web", "1.4.2", "fixes the login")),
        ("web 1.4.2: it’s urgent", deploy("web", "1.4.2", "it’s urgent")),
        ("web 1.4\N{EN DASH}rc", deploy("web", "1.4-rc")),
        ("web 1.4\N{EM DASH}rc", deploy("web", "1.4--rc")),
        ("web <http://1.4.rc|1.4.rc>", deploy("web", "1.4.rc")),
        ("<http://web.site|web.site> 1.4.2", deploy("web.site", "1.4.2")),
        (
            "web 1.4.2 see <https://example.com/pull/7>",
            deploy("web", "1.4.2", "see https://example.com/pull/7"),
        ),
        (
            "web 1.4.2 asked by <@U02BOB0000|bob> in <#C01|ops>",
            deploy("web", "1.4.2", "asked by @bob in #ops"),
        ),
        ("web 1.4.2 <!here> <!subteam^S01|@ops>", deploy("web", "1.4.2", "@here @ops")),
        ("web 1.4.2 a &lt;b&gt; &amp; c", deploy("web", "1.4.2", "a <b> & c")),
        ("web 1.4.2 a <b> c", deploy("web", "1.4.2", "a <b> c")),
        ("web 1.4.2 <mailto:a@b.c|a@b.c>", deploy("web", "1.4.2", "a@b.c")),
        ("web 1.4.2 &amp;lt;", deploy("web", "1.4.2", "&lt;")),
        ("web _" + "x" * 127, deploy("web", "_" + "x" * 127)),
        ("web,api 1.4.2", deploy("web,api", "1.4.2")),
        ("deploy web, api 1.4.2 fixes it", deploy("web,api", "1.4.2", "fixes it")),
        ("Web ,API , ledger 1.4.2", deploy("web,api,ledger", "1.4.2")),
        ("`web`, “api”: 1.4.2", deploy("web,api", "1.4.2")),
        ("web, 1.4.2", deploy("web", "1.4.2")),
        ("web,api, 1.4.2 a, b", deploy("web,api", "1.4.2", "a, b")),
        ("web 1.4.2 ,api", deploy("web", "1.4.2", ",api")),
        ("cancel web, api", Command("cancel", target="web,api")),
        ("plan web 1.4.2", plan("web", "1.4.2")),
        ("Plan Web: <http://1.4.rc|1.4.rc>", plan("web", "1.4.rc")),
        ("tags web", Command("tags", ("web",))),
        ("TAGS `Web`", Command("tags", ("web",))),
        ("restart web", restart("web")),
        ("Restart Web – it leaks memory", restart("web", "it leaks memory")),
        ("rollback web", rollback("web")),
        ("rollback Web `1.4.1-RC1`", rollback("web", "1.4.1-RC1")),
        ("rollback web k3m9x2pq", rollback("web", "k3m9x2pq")),
        ("follow web", Command("follow", ("web",))),
        ("Follow `Web`", Command("follow", ("web",))),
        ("status", Command("status")),
        ("STATUS Web", Command("status", ("web",))),
        ("cancel", Command("cancel")),
        ("cancel Web", Command("cancel", target="web")),
        ("cancel web it is slow", Command("cancel", target="web", reason="it is slow")),
        ("reject web wrong tag", Command("reject", target="web", reason="wrong tag")),
        ("unlock web it is urgent", Command("unlock", target="web", reason="it is urgent")),
        ("cancel “k3m9x2pq”", Command("cancel", target="k3m9x2pq")),
        ("Help", Command("help")),
    ],
)
def test_commands(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", mistake(ParseErrorKind.EMPTY)),
        (" \n ", mistake(ParseErrorKind.EMPTY)),
        ("deploy", mistake(ParseErrorKind.EMPTY)),
        ("web", mistake(ParseErrorKind.MISSING_TAG, "web", "web")),
        ("web .hidden", mistake(ParseErrorKind.INVALID_TAG, ".hidden", "web")),
        ("web -rf", mistake(ParseErrorKind.INVALID_TAG, "-rf", "web")),
        ("web 1.4.2+build", mistake(ParseErrorKind.INVALID_TAG, "1.4.2+build", "web")),
        ("web $(id)", mistake(ParseErrorKind.INVALID_TAG, "$(id)", "web")),
        ("web 1.4.2é", mistake(ParseErrorKind.INVALID_TAG, "1.4.2é", "web")),
        ("web " + "x" * 129, mistake(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web")),
        ("web web:" + "1" * 128, mistake(ParseErrorKind.INVALID_TAG, "web:" + "1" * 124 + "…", "web")),
        ("plan web " + "x" * 129, mistake(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web", "plan")),
        (
            "rollback web " + "x" * 129,
            mistake(ParseErrorKind.INVALID_TAG, "x" * 128 + "…", "web", "rollback"),
        ),
        ("x" * 129, mistake(ParseErrorKind.MISSING_TAG, "x" * 128 + "…", "x" * 128 + "…")),
        (",".join(f"s{n}" for n in range(21)) + " 1.4.2", mistake(ParseErrorKind.TOO_MANY_NAMES, "21")),
        ("a" + ",b" * 20_000 + " 1.4.2", mistake(ParseErrorKind.TOO_MANY_NAMES, "20001")),
        ("cancel a" + ",b" * 20_000, mistake(ParseErrorKind.TOO_MANY_NAMES, "20001")),
        (
            "plan a" + ",b" * 20_000 + " 1.4.2",
            mistake(ParseErrorKind.SINGLE_SERVICE_ONLY, verb="plan"),
        ),
        ("web web:1.4.2", mistake(ParseErrorKind.FULL_IMAGE, "1.4.2", "web")),
        ("web host:5000/web", mistake(ParseErrorKind.INVALID_TAG, "host:5000/web", "web")),
        ("web web@sha256:00ff", mistake(ParseErrorKind.DIGEST, "web@sha256:00ff", "web")),
        ("web 1.4.2 " + "x" * 501, mistake(ParseErrorKind.REASON_TOO_LONG, "501", "web", tag="1.4.2")),
        ("web,,api 1.4.2", mistake(ParseErrorKind.MISSING_NAME, "web,,api")),
        (",web 1.4.2", mistake(ParseErrorKind.MISSING_NAME, ",web")),
        ("web,api,web 1.4.2", mistake(ParseErrorKind.REPEATED_NAME, "web")),
        ("web, api", mistake(ParseErrorKind.MISSING_TAG, "web,api", "web,api")),
        ("web,api 1.4!", mistake(ParseErrorKind.INVALID_TAG, "1.4!", "web,api")),
        ("plan web,api 1.4.2", mistake(ParseErrorKind.SINGLE_SERVICE_ONLY, verb="plan")),
        ("restart web, api", mistake(ParseErrorKind.SINGLE_SERVICE_ONLY, verb="restart")),
        (
            "rollback web,api 1.4.1",
            mistake(ParseErrorKind.SINGLE_SERVICE_ONLY, verb="rollback"),
        ),
        ("tags web,api", mistake(ParseErrorKind.SINGLE_SERVICE_ONLY, verb="tags")),
        ("plan", mistake(ParseErrorKind.MISSING_SERVICE, verb="plan")),
        ("plan web", mistake(ParseErrorKind.MISSING_TAG, "web", "web", "plan")),
        ("plan web 1.4!", mistake(ParseErrorKind.INVALID_TAG, "1.4!", "web", "plan")),
        ("plan web 1.4.2 please", mistake(ParseErrorKind.TOO_MANY_WORDS, "please", "web", "plan", "1.4.2")),
        ("tags", mistake(ParseErrorKind.MISSING_SERVICE, verb="tags")),
        ("tags web api", mistake(ParseErrorKind.TOO_MANY_WORDS, "api", "web", "tags")),
        ("restart", mistake(ParseErrorKind.MISSING_SERVICE, verb="restart")),
        ("restart web " + "x" * 501, mistake(ParseErrorKind.REASON_TOO_LONG, "501", "web", "restart")),
        ("rollback", mistake(ParseErrorKind.MISSING_SERVICE, verb="rollback")),
        ("rollback web web:1.4.1", mistake(ParseErrorKind.FULL_IMAGE, "1.4.1", "web", "rollback")),
        ("rollback web sha256:00ff", mistake(ParseErrorKind.DIGEST, "sha256:00ff", "web", "rollback")),
        (
            "rollback web 1.4.1 it is bad",
            mistake(ParseErrorKind.TOO_MANY_WORDS, "it is bad", "web", "rollback", "1.4.1"),
        ),
        ("help status", mistake(ParseErrorKind.TOO_MANY_WORDS, "status", verb="help")),
        ("Status web api", mistake(ParseErrorKind.TOO_MANY_WORDS, "api", "web", "status")),
    ],
)
def test_mistakes(text: str, expected: tuple[ParseErrorKind, str, str, str, str]) -> None:
    assert mistake_in(text) == expected


@pytest.mark.parametrize("word", ["to", "TO", "in", "On", "at", "“to”", "to:"])
def test_a_word_before_a_place_is_no_tag(word: str) -> None:
    typed = word.strip("“”:")
    for text, verb in (("web", ""), ("plan web", "plan"), ("rollback web", "rollback")):
        assert mistake_in(f"{text} {word} staging") == mistake(
            ParseErrorKind.PLACE_FOR_TAG, typed, "web", verb
        )
        assert mistake_in(f"{text} {word}") == mistake(ParseErrorKind.PLACE_FOR_TAG, typed, "web", verb)
    assert mistake_in(f"web {word} 1.4.2") == mistake(ParseErrorKind.PLACE_FOR_TAG, typed, "web", tag="1.4.2")


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


@pytest.mark.parametrize("typed", PLACES_AND_OPTIONS)
def test_a_place_or_an_option_is_no_reason(typed: str) -> None:
    assert mistake_in(f"web 1.4.2 {typed}") == mistake(
        ParseErrorKind.PLACE_OR_OPTION, typed, "web", tag="1.4.2"
    )
    assert mistake_in(f"web,api 1.4.2 {typed}") == mistake(
        ParseErrorKind.PLACE_OR_OPTION, typed, "web,api", tag="1.4.2"
    )
    assert mistake_in(f"restart web {typed}") == mistake(
        ParseErrorKind.PLACE_OR_OPTION, typed, "web", "restart"
    )
    assert mistake_in(f"plan web 1.4.2 {typed}") == mistake(
        ParseErrorKind.PLACE_OR_OPTION, typed, "web", "plan", "1.4.2"
    )
    assert mistake_in(f"rollback web 1.4.1 {typed}") == mistake(
        ParseErrorKind.PLACE_OR_OPTION, typed, "web", "rollback", "1.4.1"
    )
    assert mistake_in(f"<@{BOT_USER}> deploy web 1.4.2 {typed}", mention=True) == mistake_in(
        f"web 1.4.2 {typed}"
    )


@pytest.mark.parametrize("typed", PLACES_AND_OPTIONS)
def test_behind_a_colon_it_is_one(typed: str) -> None:
    why = slack_text.clean_sentence(typed)
    for marked in (f"web 1.4.2: {typed}", f"web 1.4.2 : {typed}"):
        assert parse(marked) == deploy("web", "1.4.2", why)
    assert parse(f"restart web: {typed}") == restart("web", why)
    assert parse(f"web,api 1.4.2: {typed}") == deploy("web,api", "1.4.2", why)


def test_in_quotes_too() -> None:
    assert parse("web 1.4.2 “on call”") == deploy("web", "1.4.2", "on call")
    assert parse('web 1.4.2 "--force was needed"') == deploy("web", "1.4.2", "--force was needed")


@pytest.mark.parametrize(
    "typed",
    ["in the evening", "to fix the login", "on call duty", "at last it works", "into staging", "tomorrow"],
)
def test_a_reason_that_goes_on_is_one(typed: str) -> None:
    assert parse(f"web 1.4.2 {typed}") == deploy("web", "1.4.2", typed)


def test_every_verb_is_kept_so_that_no_service_is_called_so() -> None:
    assert set(SUBCOMMANDS) < RESERVED_NAMES


def test_words_kept_for_later_are_no_services() -> None:
    for word in RESERVED_NAMES - set(SUBCOMMANDS):
        assert mistake_in(f"{word} 1.4.2") == mistake(ParseErrorKind.UNKNOWN_COMMAND, word)


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
    assert parse_mention(text, BOT_USER) == deploy("web", "1.4.2")


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
    assert mistake_in(text, mention=True) == mistake(ParseErrorKind.NOT_ADDRESSED)


def test_a_bare_mention_says_nothing() -> None:
    assert mistake_in(f"<@{BOT_USER}>", mention=True) == mistake(ParseErrorKind.EMPTY)


service_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(
    lambda it: it not in RESERVED_NAMES
)
tags = st.from_regex(TAG_PATTERN, fullmatch=True).filter(lambda it: not slack_text.is_place_preposition(it))
plain_words = st.from_regex(r"[A-Za-z0-9.,!]{1,10}", fullmatch=True)
sentences = (
    st.lists(plain_words, max_size=8).map(" ".join).filter(lambda it: not slack_text.reads_like_option(it))
)


@given(service_names, tags, sentences)
def test_what_is_written_plainly_is_read_back(service: str, tag: str, why: str) -> None:
    assert parse(f"{service} {tag} {why}") == deploy(service, tag, why)


@given(service_names, tags, sentences)
def test_what_slack_and_phones_do_to_it_changes_nothing(service: str, tag: str, why: str) -> None:
    plainly = parse(f"{service} {tag} {why}")

    assert parse(f"{service} <http://{tag}|{tag}> {why}") == plainly
    assert parse(f"“{service}” ‘{tag}’  {why}") == plainly
    assert parse(f"deploy {service.capitalize()} `{tag}` {why}") == plainly
    assert parse_mention(f"<@{BOT_USER}> deploy {service} {tag} {why}", BOT_USER) == plainly


@given(st.text())
def test_any_text_is_a_command_or_a_mistake(text: str) -> None:
    try:
        read = parse(text)
    except ParseError:
        return
    if read.subcommand == "deploy":
        assert TAG_PATTERN.fullmatch(read.tag)
        assert not slack_text.is_place_preposition(read.tag)
        assert len(read.reason) <= 500
        assert all(each and each == each.strip().lower() for each in read.services)


@given(
    st.text(alphabet="abcXYZ019_.,:-", min_size=129, max_size=300),
    st.sampled_from(["", "plan ", "rollback "]),
)
def test_what_is_cut_is_never_taken_for_whole(word: str, verb: str) -> None:
    try:
        read = parse(f"{verb}web {word}")
    except ParseError:
        return
    assert read.tag in word
    assert len(slack_text.clean_word(word.rstrip(":,;"))) <= slack_text.MAX_WORD_LENGTH
