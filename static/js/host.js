// Hosting: what the form says, in the server's own words, while it is written.
import { suggest } from "./suggest.js";
document.querySelectorAll("[data-suggest]").forEach(suggest);
const form = document.querySelector("[data-preview]");
const out = form?.querySelector("[data-preview-out]");
let timer;
const show = async () => {
  const url = new URL(form.dataset.preview, location);
  const wanted = ["date", "time", "repeat", "interval", "weekdays", "ends", "until", "count"];
  for (const [name, value] of new FormData(form)) if (wanted.includes(name)) url.searchParams.append(name, value);
  const answer = await fetch(url);
  if (!answer.ok) return;
  const { words, next, problem } = await answer.json();
  out.textContent = problem || `${words}. Next: ${next}`;
  out.hidden = false;
  // She has read what will happen: no need to ask again.
  form.elements.seen.value = problem ? "" : "1";
};
if (form) {
  const days = [...form.querySelectorAll("[name=weekdays]")];
  form.elements.date.addEventListener("change", ({ target }) => {
    const checked = days.filter((box) => box.checked);
    if (checked.length > 1 || !target.valueAsDate) return;
    const day = (target.valueAsDate.getUTCDay() + 6) % 7;
    days.forEach((box) => { box.checked = Number(box.value) === day; });
  });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 250); });
  show();
}
