from pathlib import Path

from hub.client import connect
from inference.evaluation import vocabulary
from tests.training.measured_run import make_measured_run
from tests.training.toy import toy_config, write_toy_csv
from training.data import data
from training.report.vocabulary import write_vocabulary
from training.run.run_folder import RunFolder


def test_the_words_of_the_training_part_are_kept_once(tmp_path: Path):
    hub = connect("http://127.0.0.1:9")  # nobody listens: nothing is fetched
    file = write_toy_csv(tmp_path / "toy.csv", 90)
    run_dir = make_measured_run(tmp_path / "run", file, hub)
    splits = data.prepare(toy_config(train_file=str(file)).data, hub, seed=42)
    run = RunFolder(run_dir, {})
    write_vocabulary(run, splits)
    stored = vocabulary.load(run_dir)
    expected = vocabulary.count(example.fields["text"] for example in splits.train)
    assert stored == vocabulary.frequent(expected)
    assert stored.texts == len(splits.train) and "good" in stored.words
    path = run_dir / vocabulary.FILE_NAME
    before = path.stat().st_mtime_ns
    write_vocabulary(run, splits)
    assert path.stat().st_mtime_ns == before
