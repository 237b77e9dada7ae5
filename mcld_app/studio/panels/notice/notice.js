// Short messages at the foot of the window. Warnings stay until they are closed or followed by another.
const list = element.querySelector(".notice-list"), offers = element.querySelector(".notice-offers");
let timer = null, newest = -1;
const put = (kind, text, act = null) => {
  clearTimeout(timer);
  const close = make("button", { type: "button", class: "notice-close", "aria-label": "Close this message", text: "×" });
  const note = make("div", { class: `notice ${kind}`, role: kind === "warning" ? "alert" : "status" },
    make("span", { text }), act, close);
  close.addEventListener("click", () => note.remove());
  list.replaceChildren(note);
  if (kind !== "warning") timer = setTimeout(() => note.remove(), act ? 12000 : 5000);
};
const OFFERS = { plain: ["Start plain", "reset"] };  // what the button says, and what it asks for
const acting = (offered) => {
  if (!OFFERS[offered]) return null;
  const [text, event] = OFFERS[offered], button = make("button", { type: "button", class: "notice-act", text });
  button.addEventListener("click", () => say(event));
  return button;
};
// The names by which this window finds its visits again after a reload, the newest first. They end with the window, and
// tell nobody anything. An offer stands until it is answered: edits made meanwhile must not cost those it is about.
const KEY = "mcld-visit", MOST = 3;
const stored = (() => { try { return JSON.parse(sessionStorage.getItem(KEY)) || []; } catch { return []; } })();
let waiting = Array.isArray(stored) ? stored : [], now = null;
const remember = () => {
  const all = [now, ...waiting].filter((token, i, them) => token && them.indexOf(token) === i).slice(0, MOST);
  try { sessionStorage.setItem(KEY, JSON.stringify(all)); } catch { /* without it, a reload starts afresh */ }
};
const answered = (token, note) => { waiting = waiting.filter((other) => other !== token); remember(); note.remove(); };
const offer = (token, first) => server.known(token).then((known) => {
  if (!known) { waiting = waiting.filter((other) => other !== token); remember(); return; }
  const again = make("button", { type: "button", class: "notice-act", text: "Restore" });
  const close = make("button", { type: "button", class: "notice-close", "aria-label": "No, thank you", title: "No, thank you", text: "×" });
  const note = make("div", { class: "notice info", role: "status" },
    make("span", { text: first ? "Your last edits are still here." : "So are those before." }), again, close);
  again.addEventListener("click", () => { answered(token, note); trigger("restore", { token }); });
  close.addEventListener("click", () => answered(token, note));
  offers.append(note);
}).catch(() => {});
let offered = false;
const offerAll = async () => {
  if (offered) return;
  offered = true;
  for (const [i, token] of [...waiting].entries()) await offer(token, i === 0);
};
const show = () => {
  const value = props.value;
  if (!value || !(value.serial > newest)) return;
  newest = value.serial;
  say("answered", { serial: newest });
  if (value.token) { now = value.token; remember(); say("token", { token: value.token }); }
  if (value.text) put(value.kind, value.text, acting(value.offers));
  else list.querySelector(".notice.warning, .notice:has(.notice-act)")?.remove();  // it is about something that is over
  offerAll();
  if (value.stale) trigger("stale");  // the server has forgotten this visit: show what it has now
};
hear("drawn", ({ state }) => { if (state === "done") list.querySelector(".warning")?.remove(); });
hear("forget", () => { waiting = []; offers.replaceChildren(); remember(); });
hear("adjusting", () => list.replaceChildren());  // what it says of “Adjust” has been done
hear("note", ({ kind, text }) => put(kind, text));
watch("value", show);
show();
