"""Writes canaries where Slipway reads text that is not its own, and knows which of them it has read."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import boto3
import httpx
from botocore.config import Config
from slack_sdk.signature import SignatureVerifier

from sandbox.ports import free_port
from slipway.demo.demo_environment import REGION, DemoEnvironment
from tests.scenarios.canaries import mark, spill, spilled, words_of
from tests.scenarios.conversation import WAIT_SECONDS, wait_until

CLUSTER = "production"
HIDDEN_IN_AWS = (
    "an environment value",
    "an environment value of a sidecar",
    "a label of a container",
    "the ARN of a secret",
    "a tag of a task definition",
    "a tag of a service",
)
"""Texts of which nothing is ever shown."""
SPILLED_IN_AWS = ("a log", "an error of AWS", "a reason of the registry")
TYPED = ("a reason", "a command", "a target", "a request", "a form")


def one_line(place: str) -> str:
    """The canaries of a place as a person may type them."""
    return spill(place).replace("\n", "; ")


class CanarySources:
    """The sources of one demo."""

    def __init__(self, demo: DemoEnvironment) -> None:
        self._demo = demo
        self._places = [*HIDDEN_IN_AWS, *SPILLED_IN_AWS]

    def secrets(self) -> dict[str, str]:
        """All that was written somewhere, by what it is."""
        hidden = {place: mark(place) for place in HIDDEN_IN_AWS}
        shown = [place for place in (*self._places, *TYPED) if place not in HIDDEN_IN_AWS]
        of_slack = {place: mark(place) for place in ("a response address", "a trigger id")}
        return hidden | of_slack | {name: word for place in shown for name, word in spilled(place).items()}

    def never_read(self) -> list[str]:
        """The places in AWS none of whose canaries was in an answer of AWS."""
        watched = self._control("GET", "watched-words")
        return [place for place in self._places if not any(watched.get(word) for word in words_of(place))]

    def write_into_aws(self) -> None:
        """Sets the service to a revision with canaries whose containers log some as they crash. From then on
        it is known which of them AWS has answered with."""
        ecs = ecs_client(self._demo.ecs_url)
        [service] = ecs.describe_services(cluster=CLUSTER, services=["web"])["services"]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        registered = ecs.register_task_definition(**_with_canaries(definition))["taskDefinition"]
        ecs.tag_resource(
            resourceArn=service["serviceArn"], tags=[{"key": "owner", "value": mark("a tag of a service")}]
        )
        ecs.update_service(cluster=CLUSTER, service="web", taskDefinition=registered["taskDefinitionArn"])

        def rolled_out() -> bool:
            [now] = ecs.describe_services(cluster=CLUSTER, services=["web"])["services"]
            return [each["rolloutState"] for each in now["deployments"]] == ["COMPLETED"]

        wait_until(rolled_out)
        self._watch(*self._places)

    def add_event(self, service: str, source: str) -> None:
        """ECS writes an event that quotes canaries of this source."""
        place = f"an event that quotes the {source}"
        self._places.append(place)
        self._watch(place)
        self._control("POST", "events", service=service, source=source, text=spill(place))

    def fail_starts(self, service: str, source: str) -> None:
        """No task of the service starts, and the reasons quote canaries of this source."""
        text = spill(f"a reason of the {source}")
        self._control("POST", "failing-starts", service=service, source=source, text=text)

    def refuse(self, operation: str) -> None:
        """AWS refuses the next request for this with an error that has canaries."""
        error = {"code": "ClientException", "status": 400, "message": spill("an error of AWS")}
        self._control("POST", "faults", kind="error", operation=operation, **error)

    def plan_in_form(self, user: str) -> None:
        """Plans a deploy in the form, with canaries in its reason."""
        slack = self._demo.slack
        slack.say(user, "deploys", "/deploy billing")
        view = slack.wait_until(lambda: slack.views(user), WAIT_SECONDS)[-1]

        def first(menu: str, typed: str) -> dict[str, Any]:
            option: dict[str, Any] = slack.load_options(user, menu, typed, view_id=view["id"])["options"][0]
            return option

        answer = slack.submit_view(
            user,
            view["id"],
            {
                "service": {"service": {"selected_option": first("service", "billing")}},
                "tag:billing": {"tag": {"selected_option": first("tag", "1.5.0")}},
                "reason": {"reason": {"value": one_line("a form")}},
                "plan_first": {"plan_first": {"selected_options": ["plan_first"]}},
            },
        )
        assert "errors" not in answer, answer
        slack.wait_until(lambda: "as of now" in str(slack.views(user)[-1]["blocks"]), WAIT_SECONDS)

    def ask_web(self, deploy_id: str) -> str:
        """What the bot over HTTP answers to a signed `/deploy show`, and to requests that are none."""
        demo = self._demo
        port = free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:bot.gunicorn", "bot.web:app()"]
        web = demo.processes.start_command(
            "web", gunicorn, env={**demo.process_env, "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}"}
        )
        wait_until(lambda: web.find_in_log("Booting worker"))
        secret = demo.process_env["SLACK_SIGNING_SECRET"]
        form = {
            "team_id": "T01SLIPWAY",
            "channel_id": "C01DEPLOYS",
            "user_id": "U01ALICE00",
            "command": "/deploy",
            "text": f"show {deploy_id}",
            "response_url": f"https://hooks.slack.com/commands/T0/1/{mark('a response address')}",
            "trigger_id": f"1.2.{mark('a trigger id')}",
        }
        said = one_line("a request")

        def typed(text: str, number: int) -> str:
            return urlencode({**form, "text": text, "trigger_id": f"{form['trigger_id']}{number}"})

        requests = [
            (secret, typed(f"show {deploy_id}", 1)),
            (secret, typed(said, 2)),
            (secret, typed(f"show {said}", 3)),
            (secret, typed(f"web 1.4.1 {said}", 4)),
            (secret, f"{{not json {said}"),
            (secret, urlencode({**form, "team_id": said})),
            ("not the secret", urlencode({**form, "text": said})),
        ]
        answers = [post_signed(port, key, body) for key, body in requests]
        assert [each.status_code for each in answers[:4]] == [200] * 4
        return "\n".join(each.text for each in answers)

    def _watch(self, *places: str) -> None:
        words = [word for place in places for word in words_of(place)]
        self._control("POST", "watched-words", words=words)

    def _control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        url = f"{self._demo.ecs_url}/sandbox/{path}"
        answer = httpx.request(method, url, json=body or None, trust_env=False)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read


def _with_canaries(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The request for a revision like this one, with canaries in all texts of which nothing is shown."""
    copied = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "cpu", "memory")
    main, value = definition["containerDefinitions"][0], mark("an environment value")
    other = mark("an environment value of a sidecar")
    lines = f"{spill('a log', key_block=True)}\napp says {value}, and its sidecar {other}"
    arn = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{mark('the ARN of a secret')}"
    main = {
        **main,
        "environment": [
            *main["environment"],
            {"name": "CANARY", "value": value},
        ],
        "dockerLabels": {"note": mark("a label of a container"), "log-at-crash": lines},
        "secrets": [*main["secrets"], {"name": "API_KEY", "valueFrom": arn}],
    }
    sidecar = {
        "name": "proxy",
        "image": "public.ecr.aws/envoy/envoy:v1.30",
        "essential": False,
        "environment": [{"name": "UPSTREAM_CANARY", "value": other}],
    }
    return {
        **{key: definition[key] for key in (*copied, "requiresCompatibilities")},
        "containerDefinitions": [main, sidecar],
        "tags": [{"key": "owner", "value": mark("a tag of a task definition")}],
    }


def post_signed(port: int, secret: str, body: str) -> httpx.Response:
    """Posts a body to the bot over HTTP as Slack does."""
    stamp = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "content-type": "application/json" if body.startswith("{") else "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(signature),
    }
    url = f"http://127.0.0.1:{port}/slack/events"
    return httpx.post(url, content=body, headers=headers, timeout=20, trust_env=False)


def ecs_client(url: str) -> Any:
    """A client of ECS as somebody else would use it."""
    return boto3.client(
        "ecs",
        endpoint_url=url,
        region_name=REGION,
        config=Config(proxies={}),
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )
