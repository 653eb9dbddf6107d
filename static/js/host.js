// Hosting: what the form says, in the server's own words, while it is written.
const form = document.querySelector("[data-preview]");
const out = form.querySelector("[data-preview-out]");
const waiting = form.querySelector("[data-waiting]");
const days = [...form.querySelectorAll("[name=weekdays]")];
const ASKED = ["place", "date", "time", "repeat", "interval", "weekdays", "ends", "until", "count",
  "ages_by", "ages", "born_from_month", "born_from_year", "born_until_month", "born_until_year"];
const suits = form.querySelector("[data-suits]");
// The button says what it does: once she has read what will happen, it posts.
const label = form.querySelector("[data-seen] span"), unseen = label?.textContent;
let timer, newest = 0, suited;

const see = (seen) => {
  form.elements.seen.value = seen ? "1" : "";
  if (label) label.textContent = seen ? label.closest("[data-seen]").dataset.seen : unseen;
};

// The form as an address that answers for it.
const ask = async (address) => {
  const url = new URL(address, location);
  for (const [name, value] of new FormData(form)) if (ASKED.includes(name)) url.searchParams.append(name, value);
  const answer = await fetch(url).catch(() => null);
  return answer?.ok ? answer : null;
};

// The families that wait near the chosen park.
const wait = (lines) => {
  if (!waiting) return;
  waiting.lastElementChild.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  waiting.hidden = !lines.length;
};

const show = async () => {
  const mine = ++newest;
  // Until she has read what will happen, the server asks again.
  see(false);
  const answer = await ask(form.dataset.preview);
  if (!answer) return;
  const { words, next, ages, problem, waiting: lines } = await answer.json();
  if (mine !== newest) return;
  wait(lines);
  out.textContent = problem || `${words}. Next: ${next}. ${ages}`.trim();
  out.hidden = false;
  see(!problem);
};

// Which hour suits the families around the park she has chosen by now.
const suit = async () => {
  const mine = newest, answer = await ask(suits.dataset.suits);
  const found = await answer?.text();
  // What is the same is not read out again.
  if (answer && mine === newest && found !== suited) suits.innerHTML = suited = found;
};

// data-when="repeat=weekly" shows a part only while that is chosen, data-unless="scope=this" only while not.
const fold = () => {
  const chosen = new FormData(form);
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, value] = part.dataset.when.split("=");
    part.hidden = chosen.get(name) !== value;
  }
  for (const part of form.querySelectorAll("[data-unless]")) {
    const [name, value] = part.dataset.unless.split("=");
    part.hidden = chosen.get(name) === value;
  }
};

form.elements.date.addEventListener("change", ({ target }) => {
  const checked = days.filter((box) => box.checked);
  if (checked.length > 1 || !target.valueAsDate) return;
  const day = (target.valueAsDate.getUTCDay() + 6) % 7;
  days.forEach((box) => { box.checked = Number(box.value) === day; });
});
form.addEventListener("input", ({ target }) => {
  fold();
  if (!ASKED.includes(target.name)) return;
  see(false);
  clearTimeout(timer);
  timer = setTimeout(() => { show(); suit(); }, 250);
});
fold();
show();
