"""How much of a record its thread in Slack shows, and what it waits for."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from deploys.records.record import Record, StoredRecord
from deploys.records.thread_messages import QuestionRef


class NextTry(Record):
    """When a call may be tried again: a promise of the shared rate budget, or a delay after a problem."""

    at: float
    urgent: bool
    question: bool = False
    state: str = ""
    """The card's state that had the problem; a newer one need not wait. Empty: every state waits."""


class QuestionReply(Record):
    """A reply that called people to a question. It is edited once the question has ended."""

    ts: str
    deploy_id: str
    question: QuestionRef
    asked_at: float = 0.0
    """Time of its message in the record: several may call people to one question. 0: not known."""
    maybe_twice: bool = False
    """An earlier post of it was not confirmed, and may stand in the channel, too."""
    shown_end: str = ""
    """What it says about the end of the question; empty: it still calls people to answer."""


class FailureMessage(Record):
    """A message that called people to a failure or a problem. It is edited once something came of that."""

    channel: str
    ts: str
    deploy_id: str
    message: int
    """Index of the deploy's thread message that it tells of."""
    since_then: str = ""
    """What it says came of it; empty: nothing yet."""


class RefusedChannel(Record):
    """A channel that services.yml names for the card, and that Slack did not let us post in."""

    channel: str
    error: str
    """Slack's name of the error."""
    told: bool = False
    """The thread says so."""


class ThreadState(StoredRecord):
    """One deploy's thread, and how much of the record it shows. Times are epoch seconds."""

    model_config = ConfigDict(extra="ignore")  # a worker reads what a newer one with the same schema wrote

    channel: str
    """Where the card is, or will be."""
    refused_channel: RefusedChannel | None = None
    """Where it should have been."""
    ts: str = ""
    """Of the card. Empty until it is posted."""
    thread_ts: str = ""
    """Of the message that the replies belong to: the card, or the root of the thread it was asked for in."""
    permalink: str = ""
    """Of the card. Empty until Slack has returned it."""
    next_message: int = 0
    """Index of the first thread message that is not posted."""
    replies_posted: dict[str, int] = Field(default_factory=dict)
    """In the thread of a batch: replies posted of each deploy, and of the batch itself, by id (count)."""
    card_fingerprint: str = ""
    """Of the card as it was last sent, without what changes with time."""
    card_state: str = ""
    """The state that the card was last sent with."""
    card_sent_at: float = 0.0
    """When the card was last sent."""
    open_questions: tuple[str, ...] = ()
    """Questions with buttons on the card that was last sent: the values of the buttons."""
    question_replies: tuple[QuestionReply, ...] = ()
    """The replies that called people to a question."""
    link_ts: str = ""
    """Of the message with a link to the thread, where the deploy was asked for. Empty: there is none."""
    link_text: str = ""
    """What that message says."""
    alerts_posted: dict[str, int] = Field(default_factory=dict)
    """Thread messages of each deploy that its channel for failures is told of, by id (count)."""
    failure_messages: tuple[FailureMessage, ...] = ()
    """The messages that called people to a failure or a problem, in every channel."""
    closed_channels: tuple[str, ...] = ()
    """Other channels than the thread's that Slack did not let us post in."""
    fallback_level: int = 0
    """How much simpler cards had to become because Slack refused them; 0: not at all."""
    text_limit: int = 0
    """Bytes of a card's text or a reply that Slack accepted after it refused more; 0: it refused nothing."""
    short_reply: bool = False
    """Slack refused the next reply, so it is sent short, and only in the thread."""
    reply_unconfirmed: bool = False
    """Slack did not answer the last post, so what is posted next may be there already."""
    outside_request_thread: bool = False
    """The thread of the request accepts no replies, so the card is in the channel."""
    card_reposted: bool = False
    """A person deleted the card, and a second one was posted."""
    card_lost: bool = False
    """The second card was deleted too: no more cards."""
    card_next_try: NextTry | None = None
    reply_next_try: NextTry | None = None
    question_next_try: NextTry | None = None
    elsewhere_next_try: NextTry | None = None
    last_problem: str = ""
    """What prevented the last update; empty if nothing did."""
    failed_tries: int = 0
    """Failed tries, one after another (count)."""
    retry_at: float = 0.0
    """Nothing is sent before this time, after a failed try."""
    requester_told: bool = False
    """The requester was told that the channel cannot be written to."""
    refused_privately: bool = False
    """It was refused before it had a card, and the requester was told privately: it gets no card."""
    private_answer_impossible: bool = False
    """The same, but the requester cannot be reached privately: it gets a card after all."""
