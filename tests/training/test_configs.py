"""The ready-made configurations for more machines, as the programs read them that they are for."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_multi_gpu_env

from inference.core import settings
from tests.space_fixtures import PROJECT
from training.settings.config import parse_train_config

FOLDER = PROJECT / "training" / "configs"
YAML = sorted(FOLDER.glob("*.yaml"))
TRAIN = ["-m", "training.train", "--train_file", "texts.csv"]


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_accelerate_takes_the_file_and_the_command_that_stands_in_it(path: Path):
    config = load_config_from_file(str(path))
    assert config.num_processes > 1
    text = "".join(re.findall(r"^#(.*)$", path.read_text(), re.MULTILINE)).replace("\\", " ")
    words = shlex.split(re.search(r"accelerate launch (.*?)\.\.\.", text)[1])
    arguments = launch_command_parser().parse_args(words)
    assert Path(arguments.config_file) == path.relative_to(PROJECT)
    assert (arguments.module, arguments.training_script) == (True, "training.train")
    named = [word for word in arguments.training_script_args if word != "--config"]
    assert {word for word in named if word.startswith("--")} <= {
        f"--{name}" for name in parse_train_config(["--train_file", "x.csv"]).as_dict()
    }


def environment_of(name: str) -> dict[str, str]:
    """What accelerate would tell every process."""
    words = ["--config_file", str(FOLDER / name), *TRAIN]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(words))
    return prepare_multi_gpu_env(arguments)


def test_fsdp2_reaches_the_processes():
    environment = environment_of("fsdp2.yaml")
    assert environment["ACCELERATE_USE_FSDP"] == "true" and environment["FSDP_VERSION"] == "2"
    assert environment["FSDP_STATE_DICT_TYPE"] == "SHARDED_STATE_DICT"
    assert environment["FSDP_AUTO_WRAP_POLICY"] == "TRANSFORMER_BASED_WRAP"


def test_several_nodes_are_not_sharded():
    assert "ACCELERATE_USE_FSDP" not in environment_of("multi_node.yaml")


def dry_run(*arguments: str, **names: str) -> subprocess.CompletedProcess[str]:
    folder = Path(sys.executable).parent
    given = {"SPACE": "owner/space", "DATASET": "owner/data", "MODEL": "owner/model"} | names
    path = f"{folder}:/usr/bin:/bin"
    environment = settings.child_environment(
        PATH=path, HF_TOKEN="hf_secret", COLUMNS="200", **given
    )
    command = ["sh", "training/configs/hf_jobs.sh", "--dry-run", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


def test_hf_jobs_takes_the_command_and_the_job_runs_a_training_that_this_project_takes():
    done = dry_run("--flavor", "a10g-large")
    assert done.returncode == 0, done.stderr
    assert "hf_secret" not in done.stdout and re.search(r"secrets\s+HF_TOKEN", done.stdout)
    assert re.search(r"flavor\s+a10g-large", done.stdout)
    said = re.search(r"bash -c '(.*?)'", done.stdout, re.DOTALL)
    flags = re.search(r"python -m training.train (.*)", " ".join(said[1].split()))
    config = parse_train_config(shlex.split(flags[1]))
    assert (config.data.dataset_name, config.hub.hub_model_id) == ("owner/data", "owner/model")
    assert config.hub.push_to_hub and config.data.label_fields[0] == "toxic"


def test_hf_jobs_says_what_is_missing():
    done = dry_run(MODEL="")
    assert done.returncode != 0 and "the repo to publish to" in done.stderr
