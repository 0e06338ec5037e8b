// The form of the static page: fetches the tables once, scores what is written, draws bars.

import { decide, open, score } from "./tfidf.js";

const form = document.querySelector("#ask");
const loading = document.querySelector("#loading");
const state = document.querySelector("#state");
const list = document.querySelector("#scores");

function bar(label, value, isDecided) {
  const item = document.createElement("li");
  item.className = isDecided ? "decided" : "";
  item.style.setProperty("--share", value.toFixed(4));
  for (const [kind, text] of [["label", label], ["value", value.toFixed(3)]]) {
    const part = document.createElement("span");
    part.className = kind;
    part.textContent = text; // never as HTML: labels are a person's words
    item.append(part);
  }
  return item;
}

/** A box for each text field that the tables were made for. */
function boxes(model) {
  return model.text_fields.flatMap((name, place) => {
    const label = document.createElement("label");
    const isAlone = model.text_fields.length === 1;
    const words = model.json_fields.includes(name) ? `${name}, in words` : name;
    label.textContent = isAlone ? "Your message" : words;
    const box = document.createElement("textarea");
    box.id = label.htmlFor = `field-${place}`;
    return [label, box];
  });
}

function answer(model) {
  const texts = [...form.querySelectorAll("textarea")].map((field) => field.value.trim());
  list.replaceChildren();
  if (!texts.some(Boolean)) {
    state.textContent = "There is no text to analyze: write a message first.";
    return;
  }
  const scores = score(model, texts.join(model.field_separator));
  const decided = decide(model, scores);
  state.textContent = decided.length
    ? `Decided: ${decided.join(", ")}`
    : "Nothing is above its threshold.";
  const ranked = model.labels.map((label, place) => [label, scores[place]]);
  ranked.sort((one, other) => other[1] - one[1]);
  list.replaceChildren(
    ...ranked.map(([label, value]) => bar(label, value, decided.includes(label))),
  );
}

try {
  const response = await fetch("tfidf.json");
  if (!response.ok) throw new Error(`tfidf.json: ${response.status}`);
  const model = open(await response.json());
  document.querySelector("#fields").append(...boxes(model));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(model);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  loading.hidden = true;
  form.hidden = false;
} catch (error) {
  loading.textContent =
    `The tables could not be loaded (${error.message}). Opened from a disk, a page may not read ` +
    "files: serve the folder, for example with python -m http.server, and reload.";
}
