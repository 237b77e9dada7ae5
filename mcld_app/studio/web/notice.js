// Short messages at the foot of the window. Warnings stay until they are closed or followed by another.
const list = element.querySelector(".notice-list");
let timer = null, newest = -1;
const put = (kind, text) => {
  clearTimeout(timer);
  const close = make("button", { type: "button", class: "notice-close", "aria-label": "Close this message", text: "×" });
  const note = make("div", { class: `notice ${kind}`, role: kind === "warning" ? "alert" : "status" },
    make("span", { text }), close);
  close.addEventListener("click", () => note.remove());
  list.replaceChildren(note);
  if (kind !== "warning") timer = setTimeout(() => note.remove(), 5000);
};
const show = () => {
  const value = props.value;
  if (!value || !(value.serial > newest)) return;
  newest = value.serial;
  say("answered", { serial: newest });
  if (value.text) put(value.kind, value.text);
  else list.querySelector(".warning")?.remove();  // what came after went well
  if (value.stale) trigger("stale");  // the server has forgotten this visit: show what it has now
};
hear("drawn", ({ state }) => { if (state === "done") list.querySelector(".warning")?.remove(); });
hear("note", ({ kind, text }) => put(kind, text));
watch("value", show);
show();
