"""The two catalogues that ship can be read, and say what a Space needs."""

from pathlib import Path

import pytest

from inference.catalogue.catalogue import FINE_TUNED, ZERO_SHOT, load_catalogue

ROOT = Path(__file__).resolve().parents[2] / "space_config"


@pytest.mark.parametrize("folder", [ROOT, ROOT / "demo"], ids=["public", "demo"])
def test_a_fine_tuned_model_comes_first_and_something_free_stands_beside_it(folder: Path):
    shown = load_catalogue(folder)
    assert shown.models[0].role == FINE_TUNED
    assert {entry.role for entry in shown.models[1:]} & {ZERO_SHOT, "pretrained"}
    assert len(shown.messages) >= 5


def test_pretrained_classifiers_map_their_labels_explicitly():
    pretrained = [entry for entry in load_catalogue(ROOT).models if entry.role == "pretrained"]
    assert len(pretrained) >= 2
    assert all(entry.label_map for entry in pretrained)
