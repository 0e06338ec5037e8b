"""Which texts say the same: equal but for blanks and case, or alike in nearly all their shingles.

Owns the grouping of texts, and nothing of what is done about a group: the doctor reports it, the
split keeps it on one side. Sketches are datasketch's MinHash; the buckets are searched here,
because MinHashLSH lists all members of a bucket and 10,000 rows of one template cost 10^8 steps.

Try: python -c "from training.data.duplicates import near_duplicates; \
print(near_duplicates(['So late!', 'so  LATE!', 'On time.']))"
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# N texts, U different texts after normalising, P pairs

_SHINGLE_CHARS = 5
_PIECE_CHARS = 10_000  # hashed at once: 128 numbers a shingle, which for a megabyte is a gigabyte
_PERMUTATIONS = 128
_MISSED = 1e-3  # chance at most that two texts just at the threshold share no bucket
_NEIGHBOURS = 16  # members of a bucket that each member is held against: bounds the work
_TIE_BREAKERS = 4
_SLACK = 0.08  # three standard deviations of a Jaccard index estimated by 128 permutations
_PAIRS_AT_ONCE = 2**16
# Several numbers become one as the sum of each times another power of this odd 64-bit constant.
_MIXER = np.uint64(0x9E3779B97F4A7C15)
_PLACES = _MIXER ** np.arange(1, _SHINGLE_CHARS + 1, dtype=np.uint64)

# The doctor and then the split ask about the same texts; 100,000 of them take 10 seconds. Kept by
# hash, so that no text stays in memory.
_last_answer: dict[tuple[bytes, float], NDArray[np.int64]] = {}


def normalised(text: str) -> str:
    """The text as it is compared: Unicode NFKC, no upper case, one space for any run of blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def exact_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """(N,) int64: the group of each text; equal after normalising is one group.

    Groups are numbered from 0 in the order of their first texts.
    """
    return _numbered(map(normalised, texts))


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.9) -> NDArray[np.int64]:
    """(N,) int64: the group of each text; equal and nearly equal texts share one, also by a chain.

    Two texts are near duplicates when the Jaccard index of their sets of 5-character shingles is at
    least `threshold`. Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman
    and Ullman, Mining of Massive Datasets, section 3.4), and each is confirmed by the index itself:
    so a group is never wrong, but one pair in a thousand at the threshold may be missed, and more
    among thousands of texts of one template that differ by nearly that much. Groups are numbered
    from 0 in the order of their first texts; the same texts give the same groups.
    """
    assert 0 < threshold <= 1, threshold
    keys = list(map(normalised, texts))
    exact = _numbered(keys)
    unique = list(dict.fromkeys(keys))
    together = "\0".join(unique).encode("utf-8", "surrogatepass")
    question = (hashlib.sha256(together).digest(), threshold)
    if question not in _last_answer:
        groups = _near_groups(unique, threshold)
        _last_answer.clear()
        _last_answer[question] = groups
    return _in_order_of_appearance(_last_answer[question][exact])


def _numbered(keys: Iterable[str]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _near_groups(unique: Sequence[str], threshold: float) -> NDArray[np.int64]:
    """(U,) int64: the group of each of the different texts, in no order."""
    groups = np.arange(len(unique))
    if len(unique) < 2:
        return groups
    signatures = np.stack(list(_signatures(unique)))  # (U, 128) uint32
    compared: set[tuple[int, int]] = set()
    for pairs in _candidates(signatures, _rows_of_a_band(threshold)):
        # In a large group most pairs are linked already and need no comparison.
        apart = pairs[groups[pairs[:, 0]] != groups[pairs[:, 1]]]
        likely = apart[_estimated(signatures, apart) >= threshold - _SLACK]
        fresh = {(min(pair), max(pair)) for pair in likely.tolist()} - compared
        compared |= fresh
        alike = [
            pair for pair in fresh if _jaccard(*(unique[index] for index in pair)) >= threshold
        ]
        groups = _linked(groups, alike)
    return groups


def _candidates(signatures: NDArray[np.uint32], rows_of_a_band: int) -> Iterator[NDArray[np.int64]]:
    """Yield (P, 2) int64: pairs of texts worth a comparison; a pair may come several times."""
    for start in range(0, _PERMUTATIONS - rows_of_a_band + 1, rows_of_a_band):
        end = start + rows_of_a_band
        powers = _MIXER ** np.arange(1, rows_of_a_band + 1, dtype=np.uint64)
        keys = signatures[:, start:end].astype(np.uint64) @ powers  # (U,)
        # Within a bucket those that agree in more columns come to lie side by side.
        beside = np.roll(signatures, -end, axis=1)[:, :_TIE_BREAKERS]
        order = np.lexsort((*beside.T, keys))
        keys = keys[order]
        for distance in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
            together = np.flatnonzero(keys[distance:] == keys[:-distance])
            yield np.column_stack([order[together], order[together + distance]])


def _linked(groups: NDArray[np.int64], pairs: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """(U,) int64: the groups after the groups of each pair have become one."""
    if not pairs:
        return groups
    left, right = groups[np.array(pairs)].T
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(groups), len(groups)))
    return np.asarray(connected_components(graph, directed=False)[1][groups], dtype=np.int64)


def _signatures(
    unique: Sequence[str], piece_chars: int = _PIECE_CHARS
) -> Iterator[NDArray[np.uint32]]:
    # The shingles of a text are hashed together, and datasketch takes the array as one value: a
    # call of a hash function a shingle, its way, costs three times the rest.
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=_shingle_numbers)
    step = piece_chars - _SHINGLE_CHARS + 1  # pieces overlap, so that no shingle is lost
    for text in unique:
        sketch.clear()
        for start in range(0, max(len(text) - _SHINGLE_CHARS + 1, 1), step):
            sketch.update_batch([text[start : start + piece_chars]])
        yield sketch.hashvalues


def _shingle_numbers(text: str) -> NDArray[np.uint32]:
    """The shingles of a text as 32-bit numbers; two different ones rarely share a number."""
    padded = text.ljust(_SHINGLE_CHARS, "\0")
    codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    count = len(codes) - _SHINGLE_CHARS + 1
    numbers = np.zeros(count, dtype=np.uint64)
    for offset, factor in enumerate(_PLACES):
        numbers += codes[offset : offset + count] * factor
    return (numbers >> np.uint64(32)).astype(np.uint32)


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


def _jaccard(first: str, second: str) -> float:
    left, right = _shingles(first), _shingles(second)
    return len(left & right) / len(left | right)


def _shingles(text: str) -> set[str]:
    last = max(1, len(text) - _SHINGLE_CHARS + 1)
    return {text[start : start + _SHINGLE_CHARS] for start in range(last)}


def _in_order_of_appearance(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]
