"""A message with the words that moved a score marked, as HTML, and the same as records.

Owns the marks; finding the effects is inference/models/explain.py. Every text passes `escape`: what
a visitor typed is shown and never read as HTML or Markdown. A mark is a colour and a signed number.
"""

from html import escape
from io import StringIO

from inference.core.safe_csv import write_csv
from inference.models.explain import Explanation, Piece

# Smaller effects would be shown as 0.00.
LEAST = 0.005
_LISTED = 3


def words_html(explanation: Explanation) -> str:
    """The whole text in its own spaces, each word that moved the score with its number."""
    greatest = abs(explanation.strongest[0].effect or 0.0)
    return f"<p>{''.join(_marked(piece, greatest) for piece in explanation.pieces)}</p>"


def summary(explanation: Explanation) -> str:
    """What moved the score most, in a sentence."""
    moved = [piece for piece in explanation.strongest if abs(piece.effect or 0) >= LEAST][:_LISTED]
    if not moved:
        return (
            f"{explanation.label} scores {explanation.score:.2f}, and no single word moves it by "
            "0.01: several say the same, or the model is all but certain."
        )
    parts = ", ".join(f"“{piece.text}” {signed(piece.effect or 0.0)}" for piece in moved)
    return f"{explanation.label} scores {explanation.score:.2f}. What moved it most: {parts}."


def signed(effect: float) -> str:
    """An effect with its sign, by the sign for minus."""
    return f"{effect:+.2f}".replace("-", "−")


def csv_bytes(explanation: Explanation) -> bytes:
    """The download: a record for each part that was left out, in the order of the text."""
    buffer = StringIO()
    write_csv(
        buffer,
        [
            {"words": piece.text, "label": explanation.label, "effect": round(piece.effect, 6)}
            for piece in explanation.pieces
            if piece.effect is not None
        ],
    )
    return buffer.getvalue().encode("utf-8-sig")


def _marked(piece: Piece, greatest: float) -> str:
    if piece.effect is None or abs(piece.effect) < LEAST:
        return escape(piece.text)
    way = "raised" if piece.effect > 0 else "lowered"
    weight = abs(piece.effect) / greatest
    return (
        f'<span class="word" data-way="{way}" style="--weight: {weight:.2f}">{escape(piece.text)}'
        f"<small>{signed(piece.effect)}</small></span>"
    )
