"""metrics.jsonl and the bar."""

import torch

from training.progress import Bar, History, Window


def test_a_resumed_run_forgets_the_lines_it_will_write_again(tmp_path):
    history = History(tmp_path)
    for step in (2, 4, 6):
        history.append({"step": step, "loss": 1.0 / step})
    history.rewind(4)
    history.append({"step": 6, "loss": 0.1})
    assert [(line["step"], line["loss"]) for line in history.lines()] == [
        (2, 0.5),
        (4, 0.25),
        (6, 0.1),
    ]


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path):
    history = History(tmp_path)
    history.append({"step": 2})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    assert history.lines() == [{"step": 2}]


def test_a_window_gives_the_mean_loss_of_its_batches():
    window = Window()
    for loss in (1.0, 2.0, 6.0):
        window.add(torch.tensor(loss), 8)
    assert float(window.mean_loss()) == 3.0
    assert window.samples == 24
    assert window.seconds() > 0


def test_the_bar_shows_loss_and_time_left_on_the_main_process_only(capsys):
    for is_shown in (True, False):
        bar = Bar(10, 4, is_shown=is_shown)
        bar.show(loss="0.25")
        bar.advance()
        bar.say("validated")
        bar.close()
        shown = capsys.readouterr()
        if is_shown:
            assert "5/10" in shown.err
            assert "loss=0.25" in shown.err
            assert "validated" in shown.out
        else:
            assert shown.err + shown.out == ""
