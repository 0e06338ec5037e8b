// The TF-IDF baseline in the browser: results/tfidf.json (training/baselines/tfidf_tables.py) -> scores.
// Counts words and letters as scikit-learn's TfidfVectorizer and HashingVectorizer do; a test holds
// both against each other on 200 texts. No page here: page.js draws.

// Python's \s and \w, which are not JavaScript's.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const TWO_SPACES = new RegExp(`[${SPACE}]{2,}`, "gu");
const WORD = /[\p{L}\p{N}_]+/gu;

const UTF8 = new TextEncoder();

/** A model to score with: the tables, with a place for each term. */
export function open(tables) {
  if (tables.format !== 1) throw new Error(`tfidf.json has format ${tables.format}, expected 1`);
  const places = (terms) => new Map(terms.map((term, place) => [term, place]));
  return {
    ...tables,
    wordPlaces: places(tables.words.terms),
    letterPlaces: places(tables.letters.terms),
  };
}

/** The score of each label, in the order of model.labels. */
export function score(model, text) {
  const lowered = text.toLowerCase();
  const { words: byWord, letters: byLetter } = model;
  const words = weighed(
    counts(wordTerms(byWord, lowered).map((term) => model.wordPlaces.get(term))),
    (place) => byWord.idf[place],
  );
  // A bucket that training never filled has no weight, but counts in the length of the text.
  const letters = weighed(
    counts(letterTerms(byLetter, lowered).map((term) => placeOf(model, bucketOf(term, byLetter)))),
    (place) => byLetter.idf[place] ?? byLetter.idf_elsewhere,
  );
  const scores = [...model.constant];
  for (const regression of model.regressions) {
    const sum = dot(words, regression.words) + dot(letters, regression.letters);
    scores[regression.label] = 1 / (1 + Math.exp(-(sum * model.unit + regression.intercept)));
  }
  const total = scores.reduce((sum, one) => sum + one, 0);
  return model.is_shared_out && total > 0 ? scores.map((one) => one / total) : scores;
}

/** The labels that are decided: the strongest, or all at their threshold where several may be. */
export function decide(model, scores) {
  if (model.thresholds.length) {
    return model.labels.filter((_, place) => scores[place] >= model.thresholds[place]);
  }
  return [model.labels[scores.indexOf(Math.max(...scores))]];
}

function wordTerms({ analyzer, ngram_range: [shortest, longest] }, lowered) {
  const parts =
    analyzer === "word"
      ? (lowered.match(WORD) ?? [])
      : Array.from(lowered.replace(TWO_SPACES, " ")); // single letters, where no word is shared
  const terms = [];
  for (let length = shortest; length <= longest; length += 1) {
    for (let start = 0; start + length <= parts.length; start += 1) {
      terms.push(parts.slice(start, start + length).join(" "));
    }
  }
  return terms;
}

/** Place -> count; a term without a place does not count. */
function counts(places) {
  const found = new Map();
  for (const place of places) {
    if (place !== undefined) found.set(place, (found.get(place) ?? 0) + 1);
  }
  return found;
}

/** Stretches of letters within each word, a space on either side of it. */
function letterTerms({ ngram_range: [shortest, longest] }, lowered) {
  const terms = [];
  for (const word of lowered.split(SPACES).filter(Boolean)) {
    const letters = Array.from(` ${word} `);
    for (let length = shortest; length <= longest; length += 1) {
      terms.push(letters.slice(0, length).join(""));
      for (let start = 1; start + length <= letters.length; start += 1) {
        terms.push(letters.slice(start, start + length).join(""));
      }
      if (length >= letters.length) break; // a short word is counted once
    }
  }
  return terms;
}

function bucketOf(term, { buckets }) {
  return Math.abs(murmur3(UTF8.encode(term))) % buckets;
}

/** The place of a bucket among the terms; those that are not among them lie below 0. */
function placeOf(model, bucket) {
  return model.letterPlaces.get(bucket) ?? -1 - bucket;
}

/** MurmurHash3 x86_32 with seed 0 (Appleby, public domain), as a signed number. */
export function murmur3(bytes) {
  const mixed = (word) => Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    hash = (Math.imul(rotated(hash ^ mixed(word), 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at -= 1) rest = (rest << 8) | bytes[at];
  if (bytes.length > whole) hash ^= mixed(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function rotated(word, bits) {
  return (word << bits) | (word >>> (32 - bits));
}

/** [place, value]: (1 + ln count) * idf, of length 1 together. */
function weighed(found, idfOf) {
  const values = [...found].map(([place, count]) => [place, (1 + Math.log(count)) * idfOf(place)]);
  const length = Math.hypot(...values.map(([, value]) => value)) || 1;
  return values.map(([place, value]) => [place, value / length]);
}

function dot(values, weights) {
  let sum = 0;
  for (const [place, value] of values) sum += value * (weights[place] ?? 0);
  return sum;
}
