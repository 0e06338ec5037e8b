"""How scores become decisions, as the model card says it: here, and for those who read the weights.

Owns that section of the card. What was chosen, and how, is training/classifier/decide_stage.py's.

Try: grep -A12 "stands for itself" RUN_DIR/README.md
"""

from inference.models.bundle import UNTUNED, Bundle
from inference.models.receipt import Calibration, Receipt
from training.report.card_text import escape_markdown, markdown_table


def decision(receipt: Receipt, bundle: Bundle) -> str:
    """How scores become decisions here and elsewhere, and how that was chosen."""
    chosen = receipt.decision or Calibration()
    parts = (
        _thresholds(bundle)
        if bundle.is_multilabel
        else ["The label with the highest score is the answer."]
    )
    parts += [*_together(bundle, chosen), _temperature(bundle, chosen)]
    if chosen.ece_before is not None and chosen.ece_after is not None:
        parts.append(
            f"Calibration error on those examples: {chosen.ece_before:.3f} before, "
            f"{chosen.ece_after:.3f} after; on the test set it is in the table above."
        )
    parts += [f"Note: {escape_markdown(note)}." for note in chosen.notes]
    return "\n\n".join(parts)


def _thresholds(bundle: Bundle) -> list[str]:
    """Where each label begins, here and for those who read the weights alone."""
    offsets = bundle.logit_offsets
    rows = [
        (escape_markdown(label), f"{threshold:.3g}", f"{offsets.get(label, 0):+.3f}")
        for label, threshold in zip(bundle.labels, bundle.thresholds, strict=True)
    ]
    header = ("label", "threshold", "offset")
    columns = 3 if offsets else 2
    table = markdown_table(header[:columns], [row[:columns] for row in rows])
    if not offsets:
        return ["Each score stands for itself; a label is given from its threshold on.", table]
    return [
        "Each label stands for itself. The weights hold the thresholds: other programs, such as "
        "transformers, are to give a label from a score of 0.5 on.",
        "The Space, its API and `python -m inference.batch` show how probable a label is, which is "
        "the sigmoid of its logit plus its offset, and give the label from its threshold on.",
        table,
    ]


def _temperature(bundle: Bundle, chosen: Calibration) -> str:
    """What the logits are divided by, where, and what that was chosen on."""
    said = f"Logits are divided by the temperature {bundle.temperature:.4g} to become scores."
    if chosen.in_weights is not None:
        said = (
            f"The weights hold the temperature {chosen.in_weights:.4g}, by which their logits were "
            "divided: whoever reads them gets calibrated ones."
        )
        if bundle.temperature != 1:
            said += f" Together with counted words they are divided by {bundle.temperature:.4g}."
    if bundle.chosen_on == UNTUNED:
        return said
    return f"{said} Chosen on {escape_markdown(bundle.chosen_on)}."


def _together(bundle: Bundle, chosen: Calibration) -> list[str]:
    """That the model answers together with counted words, and what others get; else nothing."""
    if not bundle.tfidf_weight:
        return []
    gain = ""
    if chosen.blend is not None and chosen.blend.interval is not None:
        low, high = chosen.blend.interval
        gain = (
            f" On validation examples that neither was fitted to, MCC is higher by "
            f"{chosen.blend.mcc:.3f} (95 % interval {low:+.3f} to {high:+.3f})."
        )
    return [
        "The model answers together with the TF-IDF baseline in `results/tfidf.json`, whose logits "
        f"are multiplied by {bundle.tfidf_weight:.3g} and added.{gain} So do the Space, its API "
        "and `python -m inference.batch`. transformers, ONNX Runtime and transformers.js read the "
        "weights alone: what they give is the row *without TF-IDF* of the table."
    ]
