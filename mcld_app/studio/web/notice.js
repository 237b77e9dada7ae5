// Short messages at the foot of the window. Warnings stay until they are closed or followed by another.
const list = element.querySelector(".notice-list");
let timer = null, newest = -1;
const put = (kind, text, act = null) => {
  clearTimeout(timer);
  const close = make("button", { type: "button", class: "notice-close", "aria-label": "Close this message", text: "×" });
  const note = make("div", { class: `notice ${kind}`, role: kind === "warning" ? "alert" : "status" },
    make("span", { text }), act, close);
  close.addEventListener("click", () => note.remove());
  list.replaceChildren(note);
  if (kind !== "warning" && !act) timer = setTimeout(() => note.remove(), 5000);
};
// The name by which this window finds its visit again after a reload. It ends with the window, and tells nobody anything.
const KEY = "mcld-visit";
const before = (() => { try { return sessionStorage.getItem(KEY); } catch { return null; } })();
let offered = !before, edited = false;
const remember = (token) => {
  try { if (offered) sessionStorage.setItem(KEY, token); } catch { /* without it, a reload starts afresh */ }
};
const offer = () => {
  if (offered) return;
  offered = true;
  const again = make("button", { type: "button", class: "notice-act", text: "Restore" });
  again.addEventListener("click", () => { again.closest(".notice").remove(); trigger("restore", { token: before }); });
  server.known(before).then((known) => {
    if (known) put("info", "Your last edits are still here.", again);
    else if (props.value && props.value.token) remember(props.value.token);
  }).catch(() => {});
};
const show = () => {
  const value = props.value;
  if (!value || !(value.serial > newest)) return;
  newest = value.serial;
  say("answered", { serial: newest });
  if (value.token) { remember(value.token); say("token", { token: value.token }); }
  if (value.text) put(value.kind, value.text);
  else list.querySelector(".warning")?.remove();  // what came after went well
  offer();
  if (value.stale) trigger("stale");  // the server has forgotten this visit: show what it has now
};
hear("drawn", ({ state }) => { if (state === "done") list.querySelector(".warning")?.remove(); });
hear("note", ({ kind, text }) => put(kind, text));
watch("value", show);
show();
