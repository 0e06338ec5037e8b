"""Which texts say the same: equal but for blanks and case, or alike in nearly all their shingles.

Owns the grouping of texts, and nothing of what is done about a group: the doctor reports it, the
split keeps it on one side. Sketches are datasketch's MinHash; the buckets are searched here,
because MinHashLSH lists all members of a bucket and 10,000 rows of one template cost 10^8 steps.

Try: python -c "from training.duplicates import near_duplicates; \
print(near_duplicates(['So late!', 'so  LATE!', 'On time.']))"
"""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet

# N texts, U different texts after normalising, P pairs

_SHINGLE_CHARS = 5
_PERMUTATIONS = 128
_MISSED = 1e-3  # chance at most that two texts just at the threshold share no bucket
_NEIGHBOURS = 8  # members of a bucket that each member is held against: bounds the work
_SLACK = 0.08  # three standard deviations of a Jaccard index estimated by 128 permutations
_PAIRS_AT_ONCE = 2**16
# Several numbers become one as the sum of each times another power of this odd 64-bit constant.
_MIXER = np.uint64(0x9E3779B97F4A7C15)


def normalised(text: str) -> str:
    """The text as it is compared: Unicode NFKC, no upper case, one space for any run of blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def exact_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """(N,) int64: the group of each text; equal after normalising is one group.

    Groups are numbered from 0 in the order of their first texts.
    """
    numbers: dict[str, int] = {}
    keys = map(normalised, texts)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.9) -> NDArray[np.int64]:
    """(N,) int64: the group of each text; equal and nearly equal texts share one, also by a chain.

    Two texts are near duplicates when the Jaccard index of their sets of 5-character shingles is at
    least `threshold`. Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman
    and Ullman, Mining of Massive Datasets, section 3.4), and each is confirmed by the index itself:
    so a group is never wrong, but one pair in a thousand at the threshold may be missed. Groups
    are numbered from 0 in the order of their first texts; the same texts give the same groups.
    """
    assert 0 < threshold <= 1, threshold
    exact = exact_groups(texts)
    first = np.unique(exact, return_index=True)[1]  # (U,) a text of each group
    unique = [normalised(texts[row]) for row in first.tolist()]
    if len(unique) < 2:
        return exact
    linked = DisjointSet(range(len(unique)))
    for one, other in _candidates(unique, threshold).tolist():
        # In a large group most pairs are linked already and need no comparison.
        if linked.connected(one, other):
            continue
        if _jaccard(unique[one], unique[other]) >= threshold:
            linked.merge(one, other)
    roots = np.array([linked[index] for index in range(len(unique))], dtype=np.int64)
    return _in_order_of_appearance(roots[exact])


def _candidates(unique: Sequence[str], threshold: float) -> NDArray[np.int64]:
    """(P, 2) int64: the pairs of texts worth a comparison, each once, sorted."""
    signatures = np.stack(list(_signatures(unique)))  # (U, 128) uint32
    rows = _rows_of_a_band(threshold)
    codes = [np.empty(0, dtype=np.int64)]
    for start in range(0, _PERMUTATIONS - rows + 1, rows):
        band = signatures[:, start : start + rows].astype(np.uint64)
        keys = band @ _powers(rows)  # (U,)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        for distance in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
            together = np.flatnonzero(keys[distance:] == keys[:-distance])
            codes.append(order[together] * len(unique) + order[together + distance])
    found = np.unique(np.concatenate(codes))
    pairs = np.column_stack(np.divmod(found, len(unique)))
    return pairs[_estimated(signatures, pairs) >= threshold - _SLACK]


def _signatures(unique: Sequence[str]) -> Iterator[NDArray[np.uint32]]:
    # Shingles are numbers already, so datasketch's own hash (sha1, a call a shingle) is not needed.
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=int)
    for text in unique:
        sketch.clear()
        sketch.update_batch(_shingle_numbers(text).tolist())
        yield sketch.hashvalues


def _shingle_numbers(text: str) -> NDArray[np.uint64]:
    """The shingles of a text as 32-bit numbers; two different ones rarely share a number."""
    padded = text.ljust(_SHINGLE_CHARS, "\0")
    codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    count = len(codes) - _SHINGLE_CHARS + 1
    numbers = np.zeros(count, dtype=np.uint64)
    for place, factor in enumerate(_powers(_SHINGLE_CHARS)):
        numbers += codes[place : place + count] * factor
    return numbers >> np.uint64(32)


def _powers(count: int) -> NDArray[np.uint64]:
    return _MIXER ** np.arange(1, count + 1, dtype=np.uint64)


def _rows_of_a_band(threshold: float) -> int:
    """The most rows, so the fewest false candidates, that still miss one pair in a thousand."""
    for rows in range(_PERMUTATIONS, 1, -1):
        if (1 - threshold**rows) ** (_PERMUTATIONS // rows) <= _MISSED:
            return rows
    return 1


def _estimated(signatures: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """(P,) float64 in [0, 1]: the Jaccard index as the signatures tell it."""
    parts = [np.empty(0)]
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        left, right = pairs[start : start + _PAIRS_AT_ONCE].T
        parts.append((signatures[left] == signatures[right]).mean(axis=1))
    return np.concatenate(parts)


def _jaccard(one: str, other: str) -> float:
    left, right = _shingles(one), _shingles(other)
    return len(left & right) / len(left | right)


def _shingles(text: str) -> set[str]:
    last = max(1, len(text) - _SHINGLE_CHARS + 1)
    return {text[start : start + _SHINGLE_CHARS] for start in range(last)}


def _in_order_of_appearance(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]
