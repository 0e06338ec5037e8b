"""The whole journey on this machine: real tweets -> fine-tuned model -> Hub -> live Space.

Needs a package index and nothing else: no account, no GPU. Everything it makes lies in one folder
(`.demo`); what is there already is used again, so an interrupted journey goes on where it was.

    make demo                          # until Ctrl-C, on http://localhost:8501
    make demo DEMO_ARGS=--check        # headless: asks the running Space for a prediction, ends
    python -m space_config.demo --num_train_epochs 1      # other flags go to training.train
"""

import argparse
import fcntl
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UserError
from inference.core import settings
from inference.core.errors import run_command
from inference.evaluation import stored_results
from space_config import demo_chat, packages
from space_config.demo_check import check_space
from space_config.prepare import prepare_catalogue
from space_config.servers import HOST, Servers, end_on_sigterm, free_port
from space_config.subprocesses import run_in_subprocess

PROJECT = Path(__file__).parent.parent
CATALOGUE = PROJECT / "space_config" / "demo"
RECIPE = PROJECT / "training" / "recipes" / "demo.yaml"
BASE_REPO_ID = "sentence-transformers/all-MiniLM-L6-v2"
MODEL_REPO_ID = "demo/tweet-sentiment"
HUB_PORT = 8600
SPACE_PORT = 8501


@dataclass(frozen=True)
class DemoStep:
    """A step of the journey: what it does, and its usual length on two busy cores."""

    name: str
    title: str
    typical_s: float
    work: Callable[[], str]  # says what it found or made; does nothing twice


class Journey:
    """The steps of the demo over one folder, in order; each carries on where it was."""

    def __init__(
        self,
        root: Path,
        port: int,
        training_flags: list[str],
        servers: Servers,
        *,
        has_chat: bool = False,
    ) -> None:
        """Choose ports and the environment of all child processes; nothing is started yet."""
        self._has_chat = has_chat
        self.space_url = f"http://{HOST}:{port}"
        self._root = root
        self._port = port
        self._servers = servers
        self._training_flags = training_flags
        self._ready = root / "space"
        self._hub_port = free_port(HUB_PORT)
        self._hub_url = f"http://{HOST}:{self._hub_port}"
        self._token = _token(root / "token")
        self._environment = settings.child_environment(
            HF_ENDPOINT=self._hub_url,
            HF_TOKEN=self._token,
            HF_HOME=str(root / "home"),
            HF_HUB_DISABLE_XET="1",
            HF_HUB_DISABLE_TELEMETRY="1",
            HF_HUB_DISABLE_UPDATE_CHECK="1",
            NO_PROXY=f"{HOST},localhost",
            TOKENIZERS_PARALLELISM="false",
            SPACE_CATALOGUE=str(self._ready),
            SPACE_FEEDBACK=str(root / "feedback"),
            # whoever runs the demo owns it: the page that trains is listed
            SPACE_LOCAL_OWNER="1",
            SPACE_RUNS=str(root / "space-runs"),
        )
        self._settings = settings.load_settings(self._environment)
        self._hub = self._settings.connect()

    def stages(self) -> tuple[DemoStep, ...]:
        """Data and weights, Hub, base model, fine-tuned model, catalogue, (chat,) Space."""
        chat = DemoStep("chat", f"tune and publish {demo_chat.TUNED_REPO_ID}", 600, self._add_chat)
        return (
            DemoStep("fetch", "base model and tweets from the package index", 10, self._fetch),
            DemoStep("hub", "the Hub on this machine", 1, self._start_hub),
            DemoStep("base", f"{BASE_REPO_ID} onto the Hub", 30, self._publish_base),
            DemoStep("train", f"fine-tune, judge, publish {MODEL_REPO_ID}", 360, self._train),
            DemoStep("prepare", "catalogue: every model on the example messages", 5, self._prepare),
            *((chat,) if self._has_chat else ()),
            DemoStep("space", "the Space", 5, self._start_space),
        )

    def run(self) -> None:
        """Go through all stages, saying where we are and how long the rest usually takes."""
        stages = self.stages()
        for number, stage in enumerate(stages, start=1):
            left_s = sum(later.typical_s for later in stages[number - 1 :] if self._is_new(later))
            print(f"[{number}/{len(stages)}] {stage.title} · {_time_left(left_s)}", flush=True)
            started = time.monotonic()
            outcome = stage.work()
            print(f"      {outcome} ({time.monotonic() - started:.1f} s)", flush=True)

    def _is_new(self, stage: DemoStep) -> bool:
        return stage.name in ("hub", "space") or not self._mark(stage.name).exists()

    def _mark(self, name: str) -> Path:
        """Written when a stage is done, with the hash of what it was done from."""
        return self._root / "done" / name

    def _is_done(self, name: str, fingerprint: str) -> bool:
        mark = self._mark(name)
        return mark.exists() and mark.read_text("utf-8") == fingerprint

    def _set_done(self, name: str, fingerprint: str) -> None:
        self._mark(name).parent.mkdir(exist_ok=True)
        self._mark(name).write_text(fingerprint, "utf-8")

    def _fetch(self) -> str:
        self._base = packages.fetch(packages.BASE_MODEL)
        self._tweets = packages.fetch(packages.TWEETS)
        self._set_done("fetch", packages.BASE_MODEL.sha256)
        return f"{packages.BASE_MODEL.name} and {packages.TWEETS.name}, checked by sha256"

    def _start_hub(self) -> str:
        owners = [name.split("/")[0] for name in (BASE_REPO_ID, demo_chat.BASE_REPO_ID)]
        command = [sys.executable, "-m", "hub.server", "--root", str(self._root / "hub")]
        command += ["--port", str(self._hub_port)]
        command += ["--token", f"demo:write:{self._token}:{','.join(owners)}"]
        url = f"{self._hub_url}/api/models"
        self._servers.start("hub", command, url, self._environment)
        return f"listening on {self._hub_url}"

    def _publish_base(self) -> str:
        fingerprint = packages.BASE_MODEL.sha256
        if self._is_done("base", fingerprint) and self._hub.exists(BASE_REPO_ID):
            return "already there"
        folder = self._root / "base"
        shutil.copytree(self._base, folder, dirs_exist_ok=True)
        run_in_subprocess(_export_base, folder)
        message = "Add the packaged weights, with an ONNX copy"
        published = self._hub.publish(folder, BASE_REPO_ID, message=message)
        self._set_done("base", fingerprint)
        return f"published at {published.sha[:12]}"

    def _train(self) -> str:
        fingerprint = _hash(RECIPE.read_text("utf-8"), *self._training_flags)
        if self._is_done("train", fingerprint) and self._hub.exists(MODEL_REPO_ID):
            return "already there, from the same recipe and flags"
        run_dir = self._root / "runs" / f"tweet-sentiment-{fingerprint[:8]}"
        command = [sys.executable, "-m", "training.train", "--config", str(RECIPE)]
        command += ["--train_file", str(self._tweets), "--model_name_or_path", BASE_REPO_ID]
        command += ["--output_dir", str(run_dir), "--resume_from_checkpoint", "auto"]
        command += ["--push_to_hub", "--hub_model_id", MODEL_REPO_ID, *self._training_flags]
        code = subprocess.run(command, env=self._environment, cwd=PROJECT).returncode
        if code != 0:
            raise UserError(
                f"training ended with code {code}, its message stands above; "
                "the next run of the same command carries on from the last checkpoint"
            )
        self._set_done("train", fingerprint)
        return f"run folder {run_dir}"

    def _prepare(self) -> str:
        heads = [self._hub.resolve(repo_id).sha for repo_id in (BASE_REPO_ID, MODEL_REPO_ID)]
        written = [path.read_text("utf-8") for path in sorted(CATALOGUE.glob("*.yaml"))]
        fingerprint = _hash(*heads, *written)
        if self._is_done("prepare", fingerprint) and self._ready.exists():
            return "already there, for the same revisions"
        ready = prepare_catalogue(CATALOGUE, self._ready, self._hub, self._settings.threads)
        # the tweets may be shown (MIT), so the leaderboard has the texts of the test rows
        (self._ready / stored_results.TEXTS).mkdir(exist_ok=True)
        shutil.copy(self._tweets, self._ready / stored_results.TEXTS)
        self._set_done("prepare", fingerprint)
        return f"{len(ready.models)} models on {len(ready.messages)} messages"

    def _add_chat(self) -> str:
        published = demo_chat.publish_base(self._hub)
        trained = demo_chat.train(self._root, self._environment)
        demo_chat.show(self._hub, self._ready)
        self._set_done("chat", demo_chat.TUNED_REPO_ID)
        return f"{demo_chat.BASE_REPO_ID} {published}, {trained}"

    def _start_space(self) -> str:
        command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "server.py")]
        command += ["--server.port", str(self._port), "--server.address", HOST]
        url = f"{self.space_url}/api/health"
        self._servers.start("space", command, url, self._environment)
        return f"open http://localhost:{self._port}"


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the folder for this process.

    Raises:
        UserError: another demo uses it.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"a demo is already running in {root}; use it, end it with Ctrl-C where it "
                "runs, or give another folder with --root"
            ) from None
        yield


def _export_base(folder: Path) -> None:
    """Add its ONNX file to the folder of an encoder."""
    from training.export.export import export_encoder  # torch: not for the demo's own process

    export_encoder(folder, folder / "onnx" / "model.onnx")


def _token(path: Path) -> str:
    """The secret of this demo's Hub, made once; it opens nothing but that Hub on loopback."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"hf_{secrets.token_urlsafe(24)}", "utf-8")
    return path.read_text("utf-8")


def _hash(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def _time_left(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"usually {minutes} min left in all" if minutes else "usually seconds left in all"


def parse(argv: list[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """The demo's own flags, and the rest, which training.train gets."""
    parser = argparse.ArgumentParser(
        prog="make demo DEMO_ARGS=... or python -m space_config.demo",
        description="From real tweets to a live Space on this machine.",
        epilog="Other flags are handed to training.train, e.g. --num_train_epochs 1.",
    )
    parser.add_argument("--check", action="store_true", help="ask the Space once, then end")
    parser.add_argument("--chat", action="store_true", help="tune a chat model too: 10 min more")
    parser.add_argument("--port", type=int, help=f"port of the Space (default {SPACE_PORT})")
    parser.add_argument(
        "--root", type=Path, default=PROJECT / ".demo", help="folder of all it makes"
    )
    return parser.parse_known_args(argv)


def main() -> None:
    """Run the journey; then serve until Ctrl-C, or check and end."""
    flags, training_flags = parse()
    end_on_sigterm()
    root = flags.root.resolve()
    port = flags.port or (free_port() if flags.check else SPACE_PORT)
    with _alone(root), Servers(root / "servers") as servers:
        if free_port(port) != port:
            raise UserError(f"port {port} is in use; end what uses it or choose with --port N")
        journey = Journey(root, port, training_flags, servers, has_chat=flags.chat)
        journey.run()
        if flags.check:
            check_space(journey.space_url)
            print("check: all of it works on this machine")
        else:
            print(f"\nThe Space is at http://localhost:{port} (Ctrl-C ends it)", flush=True)
            servers.wait()


if __name__ == "__main__":
    run_command(main)
