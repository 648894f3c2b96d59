# One image for all processes. The command says which one: see compose.yml.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN ["python", "-m", "venv", "--without-pip", "/opt/slipway"]
COPY requirements-production.lock requirements-build.lock ./
RUN ["pip", "--python", "/opt/slipway/bin/python", "install", "--require-hashes", "-r", "requirements-production.lock"]
RUN ["pip", "install", "--require-hashes", "-r", "requirements-build.lock"]
COPY pyproject.toml README.md ./
COPY bot bot
COPY deploys deploys
COPY workers workers
COPY slipway slipway
RUN ["pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", "wheels", "."]
RUN ["pip", "--python", "/opt/slipway/bin/python", "install", "--no-deps", "--no-index", "--find-links", "wheels", "slipway-bot"]

FROM python:${PYTHON}-slim
COPY --from=build /opt/slipway /opt/slipway
# HOME: slack_sdk does not start for a user who has none. METRICS_PORT: each container has a network of its own.
ENV PATH=/opt/slipway/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOG_FORMAT=json \
    METRICS_PORT=9464
# services.yml is mounted here, or copied by an image that is built from this one.
WORKDIR /etc/slipway
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "slipway.health_check"]
CMD ["slipway", "--help"]
