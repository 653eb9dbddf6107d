// On every page: no double posts, and buttons that only work with scripts.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
// A page that comes back from the back button must work again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});
const said = (button, words) => {
  const label = button.textContent;
  button.textContent = words;
  setTimeout(() => { button.textContent = label; }, 2000);
};
const copy = async (button, text) => {
  try { await navigator.clipboard.writeText(text); said(button, "Copied"); } catch { said(button, "Press and hold to copy"); }
};
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button, document.getElementById(button.dataset.copy).value));
}
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const what = { title: button.dataset.share, url: location.href };
    if (navigator.share) navigator.share(what).catch(() => {}); else copy(button, location.href);
  });
}
