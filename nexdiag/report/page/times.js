// A stretch of time to filter by: dragged over the timeline with a mouse, or set by two sliders, which the keyboard, a
// finger and a screen reader can use too.

const PLACES = 200;

// Drag over the timeline: the times between both ends.
function brush(box, chosen) {
  let start = null;
  const share = (event) => {
    const area = box.querySelector("svg").getBoundingClientRect();
    return (100 * (event.clientX - area.left)) / area.width;
  };
  box.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "mouse" ? share(event) : null;
  });
  window.addEventListener("pointerup", (event) => {
    const end = start === null ? 0 : share(event);
    if (start !== null && Math.abs(end - start) > 1) chosen(box.clock.moment(Math.min(start, end)), box.clock.moment(Math.max(start, end)));
    start = null;
  });
}

// Both ends as sliders over the width of the timeline; `show` shows what was chosen otherwise.
function timesOf(clock, chosen) {
  const slider = (label) => {
    const input = el("input", { type: "range", "aria-label": label });
    Object.assign(input, { min: 0, max: PLACES, step: 1 });
    input.addEventListener("input", () => moved(input));
    return input;
  };
  const [from, to] = [slider("From this time"), slider("Up to this time")];
  const all = el("button", { type: "button", class: "more" }, "Show all times");
  const moment = (input) => clock.moment((100 * Number(input.value)) / PLACES);
  const told = el("p", { class: "facts", "aria-hidden": "true" });
  const words = () => {
    const after = [from, to].map((input) => seconds(moment(input) - clock.from));
    [from, to].forEach((input, at) => input.setAttribute("aria-valuetext", `${after[at]} after the beginning`));
    told.textContent = `from ${after[0]} to ${after[1]}`;
  };
  const moved = (input) => {
    if (Number(from.value) >= Number(to.value)) input.value = input === from ? Number(to.value) - 1 : Number(from.value) + 1;
    words();
    chosen([moment(from), moment(to)]);
  };
  all.addEventListener("click", () => chosen(null));
  const box = el("details", { class: "fold times" }, el("summary", {}, "Filter by time"), el("div", { class: "sliders" }, from, to, told), all);
  const show = (span) => {
    all.hidden = !span;
    if (span) box.open = true;
    [from.value, to.value] = span ? span.map((one) => Math.round((clock.place(one) * PLACES) / 100)) : [0, PLACES];
    words();
  };
  return { box, show };
}
