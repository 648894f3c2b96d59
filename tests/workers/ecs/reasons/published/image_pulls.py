"""Images that could not be pulled."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import pulled
from tests.workers.ecs.reasons.published.published_reason import PULLS, QUOTED, PublishedReason, github

IMAGE_PULLS = (
    PublishedReason(
        "CannotPullContainerError: API error (500): Get "
        "https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while "
        'waiting for connection"',
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: API error (404): repository "
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/repo/image not found",
        pulled("missing"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device",
        pulled("disk"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: ERROR: toomanyrequests: Too Many Requests.",
        pulled("rate limit"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: You have reached your pull rate limit. You may increase the limit by "
        "authenticating and upgrading: https://www.docker.com/increase-rate-limits.",
        pulled("rate limit"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: "
        "failed open: unexpected status code",
        pulled(),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions "
        "to pull images from the registry.",
        pulled("denied"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: The task cannot pull ‘web’ from the Amazon ECR repository ‘web’. There "
        "is a connection issue between the task and Amazon ECR. Check your task network configuration.",
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: The task can’t pull the image. Check your network configuration",
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: pull access denied",
        pulled("denied"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: pull command failed: panic: runtime error: invalid memory address or "
        "nil pointer dereference",
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: error pulling image configuration",
        pulled(),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: Context canceled",
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref",
        pulled(),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: Error response from daemon: Get "
        "https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while "
        "waiting for connection",
        pulled("unreachable"),
        PULLS,
    ),
    PublishedReason(
        "CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed "
        "open: unexpected status code https://registry-1.docker.io/v2/manifests/sha256:2bb501e6 429 Too "
        "Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
        pulled("rate limit"),
        "AWS re:Post, ecs-pull-container-error-rate-limit",
    ),
    PublishedReason(
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer "
        "sha256:7c524a8642865c29df8d3973cefe8430653ba7fea85bd386e24e522601c30227: write "
        "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/86/fs/home/x.pyc: no space "
        "left on device: unknown",
        pulled("disk"),
        github("anomalyco/sst, pull request 3542"),
    ),
    PublishedReason(
        'CannotPullContainerError: containerd: pull command failed: time="2021-08-20T13:58:49Z" '
        'level=info msg="apply failure, attempting cleanup" error="failed to extract layer '
        "sha256:e246d4b4c5f108af0f72da900f45ae9a37e1d184d8d605ab4117293b6990b7b8: write /var...",
        pulled("layer"),
        github("aws/containers-roadmap, issue 1133"),
    ),
    PublishedReason(
        "CannotPullContainerError: failed to register layer: ApplyLayer exit status 1 stdout: stderr:",
        pulled("layer"),
        github("aws/amazon-ecs-agent, issue 932"),
    ),
    PublishedReason(
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to unpack image on "
        "snapshotter overlayfs: mismatched image rootfs and manifest layers",
        pulled("layer"),
        github("aws-samples/dify-self-hosted-on-aws, issue 3"),
    ),
    PublishedReason(
        "CannotPullContainerError: failed to register layer: re-exec error: exit status 1: output: "
        "hcsshim::ImportLayer failed in Win32: The system cannot find the file specified. (0x2)",
        pulled("layer"),
        github("moby/moby, issue 32814"),
    ),
    PublishedReason(
        "CannotPullContainerError: failed to register layer: devicemapper: Error running deviceResume "
        "dm_task_run failed",
        pulled("layer"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: filesystem layer verification failed for digest "
        "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
        pulled("layer"),
        github("aws/amazon-ecs-agent, issue 385"),
    ),
    PublishedReason(
        'CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref "web": '
        "unexpected status code [manifests 6981141]: 403 Forbidden",
        pulled("denied"),
        github("aws/aws-cdk, issue 14457"),
    ),
    PublishedReason(
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: "
        "failed open: unexpected status code "
        "https://registry-1.docker.io/v2/amazon/aws-xray-daemon/manifests/sha256:2d964e1dbe7a8c9f...",
        pulled(),
        github("aws/aws-xray-daemon, issue 146"),
    ),
    PublishedReason(
        "CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed "
        "open: unexpected status code "
        "https://registry-1.docker.io/v2/amazon/aws-for-fluent-bit/manifests/sha256:330a24bc...",
        pulled(),
        github("aws/aws-for-fluent-bit, issue 234"),
    ),
    PublishedReason(
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform "
        "'linux/amd64'",
        pulled("platform"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
        "511358949452.dkr.ecr.ap-south-1.amazonaws.com/api:latest: not found",
        pulled("missing"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
        "ghcr.io/backend:latest: failed to authorize: failed to fetch anonymous token: 401 Unauthorized",
        pulled("denied"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        "docker.io/library/repository:latest: pull access denied, repository does not exist or may "
        "require authorization: server message: insufficient_scope: authorization failed.",
        pulled("repository"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
        '"123456789012.dkr.ecr.us-east-1.amazonaws.com/api:v42": failed to do request: Head '
        '"https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/api/manifests/v42": dial tcp '
        "10.0.3.17:443: i/o timeout",
        pulled("unreachable"),
        "devopsaitoolkit.com, aws-error-cannot-pull-container-error-ecs",
    ),
    PublishedReason(
        "CannotPullContainerError: The task cannot pull seller:2.0 from the registry seller:2.0. There is "
        "a connection issue between the task and the registry. Check your task network configuration. : "
        "failed to copy: httpReadSeeker: failed open: failed to do request: Get seller:2.0: dial tcp "
        "16.15.180.104:443: i/o timeout.",
        pulled("unreachable"),
        QUOTED,
    ),
    PublishedReason(
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to pull and unpack image "
        '"123456789.dkr.ecr.us-east-1.amazonaws.com/myapp:latest": failed to resolve reference: '
        "unexpected status code 403 Forbidden",
        pulled("denied"),
        "fixdevs.com, aws-ecs-task-failed-to-start",
    ),
    PublishedReason(
        "CannotPullContainerError: Error response from daemon: no basic auth credentials",
        pulled("denied"),
        QUOTED,
    ),
)
