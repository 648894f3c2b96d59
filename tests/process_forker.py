"""Processes of Slipway and its sandbox, forked from a process that has imported their modules already.

Importing takes such a process longer than most scenarios keep it busy. Tests of how a process starts, and all
tests of `slipway demo`, start real ones.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

ADDRESS_VARIABLE = "TESTS_PROCESS_FORKER"
"""Where the process listens that all test processes of a run share."""
RUN_MODULES = {
    "bot": "bot.__main__",
    "gunicorn": "gunicorn.__main__",
    "sandbox.ecs": "sandbox.ecs.__main__",
    "sandbox.slack": "sandbox.slack.__main__",
    "sandbox.valkey": "sandbox.valkey",
    "workers": "workers.__main__",
    "workers.events": "workers.events.__main__",
    "workers.scheduler": "workers.scheduler",
}
"""By what `python -m` is given: the module that it runs."""
PARTS_LOADED_LATER = ("bot.gunicorn", "bot.web", "gunicorn.workers.gthread")
MAX_REQUEST_BYTES = 2**17
ROOT = Path(__file__).parents[1]


class ForkedProcess:
    """What tests use of `subprocess.Popen`."""

    def __init__(self, module: str, arguments: list[str], cwd: Path, env: dict[str, str], output: IO[bytes]):
        self.args = [module, *arguments]
        self.returncode: int | None = None
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.connect(forker_address())
        request = {"module": module, "arguments": arguments, "cwd": str(cwd), "env": env}
        socket.send_fds(self._channel, [json.dumps(request).encode()], [output.fileno()])
        self.pid = int(self._channel.recv(32))

    def poll(self) -> int | None:
        return self._receive_code(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._receive_code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _receive_code(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._channel.settimeout(timeout)
            with suppress(TimeoutError, BlockingIOError):
                self.returncode = int(self._channel.recv(32))
                self._channel.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_process(command: list[str], **options: Any) -> Any:
    """In place of `subprocess.Popen`: forks it if it is `python -m MODULE` of a known module."""
    if command[:2] != [sys.executable, "-m"] or command[2] not in RUN_MODULES:
        return subprocess.Popen(command, **options)
    return ForkedProcess(command[2], command[3:], options["cwd"], options["env"], options["stdout"])


def forker_address() -> str:
    """Starts the process that forks, unless this run has one. It imports the modules once it is asked."""
    if ADDRESS_VARIABLE not in os.environ:
        address = str(Path(mkdtemp(prefix="process-forker-")) / "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            listener.listen(100)
            forker = subprocess.Popen(
                [sys.executable, "-u", "-m", __name__, str(listener.fileno())],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
            )
        atexit.register(_stop_forker, forker, address)
        os.environ[ADDRESS_VARIABLE] = address
    return os.environ[ADDRESS_VARIABLE]


def _stop_forker(forker: subprocess.Popen[bytes], address: str) -> None:
    forker.terminate()
    forker.wait()
    Path(address).unlink()
    Path(address).parent.rmdir()


class _Forker:
    """Forks a process for each connection, and tells it how that process ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._channels: dict[int, socket.socket] = {}
        self._loaded = False
        self._signals, self._wakeup = socket.socketpair()
        for end in (self._signals, self._wakeup):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for source in (listener, self._signals, sys.stdin.buffer):
            self._selector.register(source, selectors.EVENT_READ)

    def wait_for_request(self) -> dict[str, Any]:
        """In each process that is forked: what it has to run. The forker itself exits once the tests have."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin.buffer:  # closed: the process that started this one was killed
                    os._exit(0)
                if key.fileobj is self._signals:
                    self._signals.recv(4096)
                    self._report_ends()
                elif (request := self._fork()) is not None:
                    return request

    def _fork(self) -> dict[str, Any] | None:
        if not self._loaded:
            load_modules()
            self._loaded = True
        channel, _ = self._listener.accept()
        body, [output], _, _ = socket.recv_fds(channel, MAX_REQUEST_BYTES, 1)
        pid = os.fork()
        if pid:
            os.close(output)
            self._channels[pid] = channel
            channel.send(str(pid).encode())
            return None
        self._channels[0] = channel
        self._become_plain_process(output)
        request: dict[str, Any] = json.loads(body)
        return request

    def _report_ends(self) -> None:
        while self._channels:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._channels.pop(pid) as channel, suppress(BrokenPipeError):
                # The test that started it may have ended.
                channel.send(str(os.waitstatus_to_exitcode(status)).encode())

    def _become_plain_process(self, output: int) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        for each in (self._listener, self._signals, self._wakeup, *self._channels.values()):
            each.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(output)


def load_modules() -> None:
    """Those that are run are forgotten again, because `python -m` runs them once more."""
    for module in (*PARTS_LOADED_LATER, *RUN_MODULES.values()):
        importlib.import_module(module)
    for module in RUN_MODULES.values():
        del sys.modules[module]


def main() -> None:
    request = _Forker(socket.socket(fileno=int(sys.argv[1]))).wait_for_request()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
