"""Memory of one step serves the next: counted in page faults of a process of its own."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

_STEPS = """
import resource, statistics, sys
import torch
from training.trainer import allocator

if sys.argv[1] == "kept":
    allocator.keep_freed_memory()

def step():
    weight = torch.ones(1, requires_grad=True)
    (torch.zeros(12_000_000) * weight).exp().sum().backward()  # three and more blocks of 48 MB

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

seen = []
for _ in range(25):
    before = faults()
    step()
    seen.append(faults() - before)
print(statistics.median(seen[10:]))  # the heap has found its size by then
"""


def faults_a_step(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _STEPS, how], capture_output=True, text=True, check=True
    )
    return int(float(done.stdout))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_a_step_takes_the_memory_of_the_one_before():
    lost, kept = faults_a_step("lost"), faults_a_step("kept")
    assert lost > 30_000, "malloc keeps large blocks by itself: the module is not needed"
    assert kept < 1000, kept
