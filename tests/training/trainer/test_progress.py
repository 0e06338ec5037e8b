"""What observers are told, metrics.jsonl and the bar."""

import torch

from training.trainer.progress import Bar, History, LossWindow, Moment, Validation

FIGURES = {"loss": 0.25, "learning_rate": 1e-4, "samples_per_second": 80.0}


def _moment(step: int) -> Moment:
    return Moment(step, epoch=step / 10, seconds=1.5)


def test_a_resumed_run_forgets_the_lines_it_will_write_again(tmp_path):
    history = History(tmp_path)
    history.on_start(0, 10)
    for step in (2, 4, 6):
        history.on_log(_moment(step), {"loss": 1.0 / step})
    history.on_start(4, 10)
    history.on_log(_moment(6), {"loss": 0.1})
    history.on_end()
    assert [(line["step"], line["loss"]) for line in history.lines()] == [
        (2, 0.5),
        (4, 0.25),
        (6, 0.1),
    ]
    history.on_start(0, 10)
    assert history.lines() == []


def test_a_line_has_its_place_and_a_validation_its_own_names(tmp_path):
    history = History(tmp_path)
    history.on_start(0, 20)
    history.on_log(_moment(5), FIGURES)
    history.on_validation(_moment(5), Validation({"mcc": 0.5, "roc_auc": None}, "mcc", 0.5, True))
    assert history.lines() == [
        {"step": 5, "epoch": 0.5, "share": 0.25, **FIGURES, "seconds": 1.5},
        {
            "step": 5,
            "epoch": 0.5,
            "share": 0.25,
            "validation_mcc": 0.5,
            "validation_roc_auc": None,
            "seconds": 1.5,
        },
    ]


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path):
    history = History(tmp_path)
    history.on_start(0, 10)
    history.on_log(_moment(2), {})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    assert [line["step"] for line in history.lines()] == [2]


def test_a_window_gives_the_mean_loss_of_its_batches():
    window = LossWindow()
    for loss in (1.0, 2.0, 6.0):
        window.add([torch.tensor(loss)], 8)
    assert float(window.mean_loss()) == 3.0
    assert window.samples == 24
    told = window.figures(3.0, 2e-4)
    assert (told["loss"], told["learning_rate"]) == (3.0, 2e-4)
    assert 0 < told["samples_per_second"] < 24e9


def test_the_bar_shows_loss_and_time_left_on_the_main_process_only(capsys):
    for is_shown in (True, False):
        bar = Bar(is_shown=is_shown)
        bar.on_start(4, 10)
        bar.on_log(_moment(5), FIGURES)
        bar.advance()
        bar.on_validation(_moment(5), Validation({"mcc": 0.5}, "mcc", 0.5, True))
        bar.on_end()
        shown = capsys.readouterr()
        if is_shown:
            assert "5/10" in shown.err
            assert "loss=0.250, lr=1.0e-04, texts_per_s=80" in shown.err
            assert "epoch 0.50: validation mcc 0.5000 (kept)" in shown.out
        else:
            assert shown.err + shown.out == ""
