// On every page, all of it a help and none of it needed: no double posts, names while one types, share and copy.

// A second tap on a button must not post twice.
const free = (form) => {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
  // Where the network failed she may try again.
  setTimeout(free, 10000, form);
});
// A page that comes back from the back button must work again.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));

// What was unfolded is unfolded again after the back button.
const folds = [...document.querySelectorAll("details")];
for (const number of history.state?.open ?? []) if (folds[number]) folds[number].open = true;
document.addEventListener("toggle", () => {
  const open = folds.flatMap((fold, number) => (fold.open ? [number] : []));
  history.replaceState({ ...history.state, open }, "");
}, true);

// Names as they are typed, from the server, in the browser's own list.
for (const input of document.querySelectorAll("[data-suggest]")) {
  let timer, last = "";
  const ask = async () => {
    const text = input.value.trim();
    if (text.length < 2 || text === last) return;
    last = text;
    const url = new URL(input.dataset.suggest, location);
    url.searchParams.set("q", text);
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok || input.value.trim() !== text) return;
    input.list.replaceChildren(...(await answer.json()).map(({ name, note }) => new Option(note, name)));
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  });
}

// Buttons that do nothing without scripts are hidden until here.
const say = (button, words) => {
  const label = button.lastChild, before = label.textContent;
  if (button.dataset.said) return;
  button.dataset.said = "1";
  label.textContent = words;
  setTimeout(() => {
    label.textContent = before;
    delete button.dataset.said;
  }, 2500);
};
const copy = (button, text) =>
  navigator.clipboard?.writeText(text).then(() => say(button, "Copied"), () => say(button, "Press and hold to copy"));
const arm = (selector, act) => {
  for (const button of document.querySelectorAll(selector)) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => act(button));
  }
};
arm("[data-copy]", (button) => {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  copy(button, field.value);
});
arm("[data-share]", (button) => {
  const what = { title: button.dataset.share, url: location.href };
  if (navigator.share) navigator.share(what).catch(() => {});
  else copy(button, what.url);
});
