// Where the phone is: for a search with all that was chosen in it, or for a neighbourhood.
const button = document.querySelector("[data-locate]");
const go = ({ coords }) => {
  const form = button.form;
  const url = new URL(location.pathname, location);
  if (form?.method === "get") {
    for (const [name, value] of new FormData(form)) if (value && name !== "q") url.searchParams.append(name, value);
  }
  // To about 100 metres: nobody needs to know more.
  url.searchParams.set("near", `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
  location.assign(url);
};
const giveUp = () => {
  button.lastChild.textContent = "Type a place instead";
  button.removeAttribute("aria-busy");
};
if (button && navigator.geolocation) {
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(go, giveUp, { timeout: 8000, maximumAge: 300000 });
  });
}
