// Where the phone is: for a search with all that was chosen in it, or for a neighbourhood.
const button = document.querySelector("[data-locate]");
const go = ({ coords }) => {
  const form = button.form, where = form?.elements.where;
  // To about 100 metres: nobody needs to know more.
  const here = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
  if (where) {
    // What else she has typed stays.
    button.removeAttribute("aria-busy");
    where.value = here;
    return;
  }
  const url = new URL(location.pathname, location);
  if (form?.method === "get") {
    for (const [name, value] of new FormData(form)) if (value && name !== "q") url.searchParams.append(name, value);
  }
  url.searchParams.set("near", here);
  location.assign(url);
};
const refused = Object.assign(document.createElement("p"), { className: "small", textContent: "Your phone did not say where you are. Type a place instead." });
refused.setAttribute("role", "alert");
const giveUp = () => {
  button.parentElement.after(refused);
  button.removeAttribute("aria-busy");
};
if (button && navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(go, giveUp, { timeout: 8000, maximumAge: 300000 });
  });
}

// The map's links, quicker: the page that a link leads to is fetched, and what differs is put in place of what is there.
const parts = (page) => page.querySelectorAll("[data-part]");
let newest = 0;
// What needs scripts is hidden until they are there.
const offer = () => document.querySelector("[data-street]")?.removeAttribute("hidden");

const show = async (address) => {
  const mine = ++newest, map = document.getElementById("map");
  map?.setAttribute("aria-busy", "true");
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (mine !== newest) return false;
  // Without an answer the link does what links do.
  if (!answer?.ok) return location.assign(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== newest) return false;
  const focused = document.activeElement?.dataset.move;
  for (const part of parts(page)) document.querySelector(`[data-part=${part.dataset.part}]`)?.replaceWith(part);
  offer();
  // Where the map is now, nobody has typed.
  const typed = "input[name=q]";
  document.querySelector(typed).value = page.querySelector(typed).value;
  document.title = page.title;
  document.querySelector("h1").textContent = page.querySelector("h1").textContent;
  // The same arrow has the focus, or where it leads no farther, the map itself.
  const again = document.querySelector(`[data-move=${focused}]`) ?? document.querySelector("#map a");
  if (focused) again?.focus({ preventScroll: true });
  document.getElementById("moved").textContent = `${document.querySelector("h1").textContent}: ${document.querySelectorAll(".list > li[id]").length} listed`;
  return true;
};

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-move]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  // In a drawing `href` is no text.
  const address = link.getAttribute("href");
  if (!await show(address)) return;
  history.pushState({ map: true }, "", address);
  shown = here();
});
if (document.getElementById("moved")) history.replaceState({ ...history.state, map: true }, "");
// A pin's #m3 is the same page.
const here = () => location.pathname + location.search;
let shown = here();
addEventListener("popstate", (event) => {
  if (event.state?.map && here() !== shown) show(location.href).then(() => { shown = here(); });
});

offer();
// It asks another site, so only where this one offers it, and when she asks for it.
document.addEventListener("click", ({ target }) => {
  const src = target.closest("[data-street]")?.dataset.street;
  if (!src || document.querySelector(`script[src="${src}"]`)) return;
  const script = Object.assign(document.createElement("script"), { type: "module", src });
  script.addEventListener("error", () => script.remove());
  document.head.append(script);
});
