// The street map, in place of the drawn one: Leaflet, and the tiles of the site that the button has named.
const load = (tag, what) => new Promise((done, failed) => {
  document.head.append(Object.assign(document.createElement(tag), what, { onload: done, onerror: failed }));
});
const PATIENCE = 8000; // milliseconds until a map without any tile is given up
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let libraries;

const close = (button, words) => {
  const figure = button.closest("figure");
  figure.map?.remove();
  figure.map = null;
  figure.querySelector(".street")?.remove();
  for (const part of figure.querySelectorAll(":scope > :is(svg, nav)")) part.removeAttribute("hidden");
  button.firstElementChild.textContent = button.dataset.words;
  if (words) document.getElementById("moved").textContent = words;
  if (words && !figure.querySelector("[role=alert]")) {
    button.insertAdjacentHTML("afterend", '<p class="small" role="alert"></p>');
    figure.querySelector("[role=alert]").textContent = words;
  }
};

// Places too near each other for a thumb are one marker until she looks nearer.
const ROOM = 44; // pixels
const arrange = (map, pins, places) => {
  pins.clearLayers();
  const groups = [];
  for (const dates of places.values()) {
    const [lon, lat] = dates[0].geometry.coordinates, at = map.latLngToContainerPoint([lat, lon]);
    const near = groups.find((group) => group.at.distanceTo(at) < ROOM);
    if (near) near.places.push(dates);
    else groups.push({ at, lat, lon, places: [dates] });
  }
  for (const { lat, lon, places: [dates, ...more] } of groups) {
    const many = [dates, ...more].flat().length;
    const link = more.length ? document.createElement("button") : dated(dates);
    if (more.length) {
      link.textContent = `+${many}`;
      link.title = `${many} dates at ${more.length + 1} places: look nearer`;
      link.addEventListener("click", () => map.setView([lat, lon], map.getZoom() + 2));
    }
    link.setAttribute("aria-label", link.title);
    L.marker([lat, lon], { icon: L.divIcon({ html: link, className: "street-pin", iconSize: [40, 40] }), keyboard: false }).addTo(pins);
  }
};

// All dates of a place are one link: to its date, or to the place where there are several.
const dated = (dates) => {
  const [{ properties }] = dates, many = dates.length > 1;
  const link = document.createElement("a");
  link.href = many ? properties.place_url : properties.url;
  link.textContent = many ? `×${dates.length}` : "•";
  link.title = many
    ? `${properties.place}: ${dates.length} dates, next ${properties.title}, ${properties.when}`
    : `${properties.title}, ${properties.when}, ${properties.place}`;
  return link;
};

const draw = (figure, button, features) => {
  const { tiles, credit, bounds } = button.dataset, [south, west, north, east] = bounds.split(",").map(Number);
  const box = document.createElement("div");
  box.className = "street";
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Street map");
  for (const part of figure.querySelectorAll(":scope > :is(svg, nav)")) part.setAttribute("hidden", "");
  figure.querySelector("[role=alert]")?.remove();
  figure.prepend(box);
  const motion = { fadeAnimation: !calm, zoomAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm };
  const map = figure.map = L.map(box, { ...motion, maxZoom: 19 }).fitBounds([[south, west], [north, east]]);
  map.attributionControl.setPrefix("Leaflet");
  // Its owner may ask whose page it is on; more than the site's name is not said.
  const layer = L.tileLayer(tiles, { attribution: new Option(credit).innerHTML, referrerPolicy: "origin", maxZoom: 19 });
  let seen = false;
  const failed = () => !seen && figure.map === map && close(button, "The street map does not answer. Here is ours again.");
  layer.on("tileload", () => { seen = true; }).on("load", failed).addTo(map);
  setTimeout(failed, PATIENCE);
  const places = new Map();
  for (const one of features) {
    const key = one.geometry.coordinates.join();
    places.set(key, [...(places.get(key) ?? []), one]);
  }
  const pins = L.layerGroup().addTo(map);
  arrange(map, pins, places);
  map.on("zoomend", () => arrange(map, pins, places));
  box.focus({ preventScroll: true });
};

const open = async (button) => {
  const figure = button.closest("figure"), { leaflet, styles, points } = button.dataset;
  if (figure.map) return close(button);
  button.dataset.words ??= button.firstElementChild.textContent;
  button.setAttribute("aria-busy", "true");
  try {
    libraries ??= Promise.all([
      load("script", { src: leaflet }),
      ...styles.split(" ").map((href) => load("link", { rel: "stylesheet", href })),
    ]);
    const [answer] = await Promise.all([fetch(points), libraries]);
    draw(figure, button, (await answer.json()).features);
    button.firstElementChild.textContent = "Back to the drawn map";
  } catch {
    libraries = null;
    close(button, "The street map could not be opened.");
  }
  button.removeAttribute("aria-busy");
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-street]");
  if (button) open(button);
});
open(document.querySelector("[data-street]"));
