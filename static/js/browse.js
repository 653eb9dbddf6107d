// The search: suggestions, and where the phone is.
import { suggest } from "./suggest.js";
document.querySelectorAll("[data-suggest]").forEach(suggest);
const button = document.querySelector("[data-locate]");
if (button && navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      // To about 100 metres: nobody needs to know more.
      const url = new URL(location.pathname, location);
      url.searchParams.set("near", `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
      location.assign(url);
    }, () => { button.textContent = "Type a place instead"; button.removeAttribute("aria-busy"); }, { timeout: 8000, maximumAge: 300000 });
  });
}
