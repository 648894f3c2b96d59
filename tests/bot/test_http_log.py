"""gunicorn's own log files."""

from __future__ import annotations

from pathlib import Path

import pytest
from gunicorn.config import Config

from bot.http_server import HttpLog


@pytest.mark.parametrize("which", ["errorlog", "accesslog"])
def test_a_log_file_of_gunicorn_has_no_secret(tmp_path: Path, which: str) -> None:
    file = tmp_path / "gunicorn.log"
    config = Config()
    config.set(which, str(file))
    log = HttpLog(config)

    logger = log.error_log if which == "errorlog" else log.access_log
    logger.info("sent postgres://app:%s@db", "canary-5e")
    for handler in list(logger.handlers):
        handler.close()
        logger.removeHandler(handler)

    assert "sent postgres://app:[redacted]@db" in file.read_text()
