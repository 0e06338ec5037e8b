"""What the packages beneath may say on the console of a command: nothing but errors.

Owns their log level and progress bars, once for each process; what a command says itself is its
own.

Try: python -m training.tune --config training/recipes/demo.yaml --train_file t.csv --n_jobs 2
"""


def hush() -> None:
    """Silence what transformers tells of weights it reads, in this process."""
    from transformers.utils import logging  # takes seconds, which a slip in the flags must not cost

    logging.set_verbosity_error()  # "newly initialized" is meant
    logging.disable_progress_bar()
