// The keyboard, and the page that tells of it.

function helpOf(told) {
  const box = el(
    "dialog",
    { class: "help", "aria-label": "Keys" },
    el("h2", {}, "Keys"),
    el("dl", {}, told.map(([keys, words]) => el("div", {}, el("dt", {}, keys.split(" ").map((key) => el("kbd", {}, key))), el("dd", {}, words)))),
  );
  const shut = el("button", { type: "button", class: "more" }, "Close");
  shut.addEventListener("click", () => box.close());
  box.append(shut);
  document.body.append(box);
  return box;
}

function onKey(acts, event) {
  const typing = event.target.closest("input, textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey || help.open || (typing && event.key !== "Escape")) return;
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
}
