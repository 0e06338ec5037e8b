"""What the card says of decisions, here and by the weights alone."""

from inference.core.json_record import from_json
from inference.data.problem_types import MULTI
from inference.models.bundle import Bundle
from inference.models.receipt import Receipt
from tests.receipts import receipt_json
from training.report.card_decision import decision


def test_the_card_says_what_others_get_from_a_model_that_counts_words():
    blend = {"mcc": 0.1, "interval": [0.05, 0.15], "verdict": "better"}
    receipt = from_json(Receipt, receipt_json(decision={"blend": blend, "notes": []}))
    offsets = {"good": -1.25, "bad": 0.75}
    bundle = Bundle(
        ("good", "bad"), MULTI, thresholds=(0.1, 0.9), tfidf_weight=0.5, logit_offsets=offsets
    )
    said = decision(receipt, bundle)
    assert "`results/tfidf.json`" in said and "multiplied by 0.5" in said
    assert "MCC is higher by 0.100 (95 % interval +0.050 to +0.150)" in said
    assert "*without TF-IDF*" in said
    assert "| good | 0.1 | -1.250 |" in said and "| bad | 0.9 | +0.750 |" in said
    assert "to give a label from a score of 0.5 on" in said
    alone = decision(receipt, Bundle(("good", "bad"), MULTI, thresholds=(0.1, 0.9)))
    assert "TF-IDF" not in alone and "| good | 0.1 |\n" in alone
