"""Two nodes of a real Ray cluster give the bytes of a single machine, also when a worker dies."""

import builtins
import os
import signal
from dataclasses import replace

import psutil
import pytest

from inference.batch.job import score_file
from inference.batch.ray_engine import RayEngine
from inference.core.errors import ConfigError
from inference.models.classifier import load_classifier
from tests.inference.batch.jobs import job_of, sentences, table

_MIB = 2**20
# A cluster is a dozen processes, which take minutes to start where others work on all cores.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

try:
    from ray.cluster_utils import Cluster
except ModuleNotFoundError:
    Cluster = None

needs_ray = pytest.mark.skipif(
    Cluster is None and not os.environ.get("CI"),
    reason="Ray is not installed: sh tests/install.sh",
)


@pytest.fixture(scope="module")
def tiny(onnx_model):
    return load_classifier(onnx_model, threads=1)


@pytest.fixture(scope="module")
def engine(onnx_model):
    """An engine of the tiny model on a cluster of two nodes with a core each."""
    import ray

    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    node = {"num_cpus": 1, "object_store_memory": 100 * _MIB, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    cluster.add_node(num_cpus=1, object_store_memory=100 * _MIB)
    patch.setenv("RAY_ADDRESS", cluster.address)
    yield RayEngine(str(onnx_model), blocks_at_once=40)  # so that there is a second wave
    ray.shutdown()
    cluster.shutdown()
    patch.undo()


def workers() -> list[psutil.Process]:
    """The processes on this machine that have the model open for a cluster."""
    named = psutil.process_iter(["name", "cmdline"])
    return [p for p in named if any("_Worker" in word for word in p.info["cmdline"] or ())]


@needs_ray
def test_two_nodes_give_the_bytes_of_a_single_machine_though_a_worker_is_killed(
    tmp_path, tiny, engine
):
    import ray

    assert len(ray.nodes()) == 2
    texts = sentences(480)
    texts[3] = texts[200] = " "
    texts[16:24] = [" "] * 8  # a block without any text
    source = table(tmp_path, texts)
    list(score_file(job_of(source, tmp_path / "alone.csv", tiny)))
    job = replace(job_of(source, tmp_path / "together.csv", tiny), engine=engine)
    killed = []
    for step in score_file(job):
        if step.done and not killed:
            killed = workers()
            assert killed, "no process has the model open"
            os.kill(killed[0].pid, signal.SIGKILL)
    assert (step.done, step.rejected) == (480, 10)
    assert (tmp_path / "together.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


@needs_ray
def test_what_a_cluster_began_a_single_machine_finishes(tmp_path, tiny, engine):
    source = table(tmp_path, sentences(60))
    job = job_of(source, tmp_path / "out.csv", tiny)
    steps = score_file(replace(job, engine=engine))
    for _ in range(3):
        next(steps)
    steps.close()
    resumed = next(steps_again := score_file(job)).resumed
    list(steps_again)
    list(score_file(job_of(source, tmp_path / "alone.csv", tiny)))
    assert resumed == 16
    assert job.target.read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_without_ray_the_error_names_the_file_to_install(monkeypatch):
    real = builtins.__import__

    def no_ray(name, *arguments, **options):
        if name.split(".")[0] == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", no_ray)
    with pytest.raises(ConfigError, match="pip install -r inference/requirements-ray.txt"):
        RayEngine("./model")
