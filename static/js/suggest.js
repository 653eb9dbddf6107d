// Names as they are typed, from the server, in the browser's own list.
export const suggest = (input) => {
  const list = document.getElementById(input.getAttribute("list"));
  let timer, last = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const text = input.value.trim();
      if (text.length < 2 || text === last) return;
      last = text;
      const url = new URL(input.dataset.suggest, location);
      url.searchParams.set("q", text);
      const answer = await fetch(url);
      if (!answer.ok || input.value.trim() !== text) return;
      list.replaceChildren(...(await answer.json()).map(({ name, note }) => new Option(note, name)));
    }, 200);
  });
};
