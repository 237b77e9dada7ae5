// Short messages: each is about the last thing done, and goes with the next. What went wrong stands beside what it is
// about until then, anything else at the foot of the window for a few seconds.
const list = element.querySelector(".notice-list"), offers = element.querySelector(".notice-offers");
let timer = null, newest = -1;

// ---- beside what it is about --------------------------------------------------------------------------------------

const ABOUT = ".stage-frame, button, label, summary, select, input, textarea, [role=option], .edit, .upload-slot", GAP = 10;
let about = null;  // what was touched last
const touched = (event) => {
  const target = event.target.closest?.(ABOUT);
  if (target && !element.contains(target)) about = target;
};
["pointerdown", "keydown", "drop", "change"].forEach((kind) => onDocument(kind, touched));

const CONTROLS = "button, input, select, summary, [role=option]", FOOT = 22;
/** Where a message covers the fewest controls: at the foot of the window or somewhat above it, else at its head. */
const freest = ({ width, height }) => {
  const controls = [...document.querySelectorAll(CONTROLS)].filter((one) => !element.contains(one) && one.checkVisibility())
    .map((one) => one.getBoundingClientRect());
  const across = [(innerWidth - width) / 2, 16, innerWidth - width - 16];
  const down = [innerHeight - height - FOOT, innerHeight - height - 110, 12];
  let best = null, least = Infinity;
  for (const top of down) for (const left of across) {
    const covered = controls.filter((one) => one.left < left + width && one.right > left && one.top < top + height && one.bottom > top).length;
    if (covered < least) [best, least] = [[Math.max(left, 8), top], covered];
  }
  return best;
};
/** Place the warning beside what was touched, where there is room: it must not cover what it speaks of. */
const place = () => {
  const warning = list.querySelector(".notice.warning"), box = about?.isConnected ? about.getBoundingClientRect() : null;
  const seen = box && box.width && box.bottom > 0 && box.top < innerHeight;
  list.classList.toggle("beside", Boolean(warning && seen && innerWidth > 720));
  list.style.left = list.style.top = "";
  list.classList.remove("free");
  if (!list.classList.contains("beside")) { stand(); return; }
  const { width, height } = list.getBoundingClientRect();
  const across = Math.max(8, Math.min(innerWidth - width - 8, box.left + box.width / 2 - width / 2));
  const tall = box.height > 300;  // the picture: below it stand buttons, at the foot of its side mostly nothing
  const down = Math.max(8, Math.min(innerHeight, tall ? box.bottom : box.top + box.height / 2 + height / 2) - height);
  const below = [[across, box.bottom + GAP], [across, box.top - GAP - height]];
  const beside = [[box.right + GAP, down], [box.left - GAP - width, down]];
  const [left, top] = (tall ? [...beside, ...below] : [...below, ...beside]).find(
    ([x, y]) => x >= 8 && y >= 8 && x + width <= innerWidth - 8 && y + height <= innerHeight - 8) || [];
  if (left === undefined) { list.classList.remove("beside"); stand(); return; }
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
};
function stand() {
  if (!list.childElementCount) return;
  list.classList.add("free");
  const [left, top] = freest(list.getBoundingClientRect());
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
}
addEventListener("scroll", () => { if (element.isConnected && list.querySelector(".warning")) place(); }, { capture: true, passive: true });
addEventListener("resize", () => { if (element.isConnected) place(); });

// ---- what is said -------------------------------------------------------------------------------------------------

const put = (kind, text, act = null) => {
  clearTimeout(timer);
  const close = make("button", { type: "button", class: "notice-close", "aria-label": "Close this message", text: "×" });
  const note = make("div", { class: `notice ${kind}`, role: kind === "warning" ? "alert" : "status" },
    make("span", { text }), act, close);
  close.addEventListener("click", () => note.remove());
  list.replaceChildren(note);
  place();
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

// ---- where the studio is started again ----------------------------------------------------------------------------

// The server has forgotten everything then. The window keeps the last look without pictures, until it is closed.
const LOOK = "mcld-look";
const readLook = () => { try { return JSON.parse(sessionStorage.getItem(LOOK)); } catch { return null; } };
const writeLook = (look) => {
  try {
    if (look) sessionStorage.setItem(LOOK, JSON.stringify({ began, look }));
    else sessionStorage.removeItem(LOOK);
  } catch { /* then a look ends with the studio */ }
};
let began = setup.began, asked = null, missing = null, later = null;
const askFor = (look) => { asked = look; missing = null; trigger("revive", { look }); };
/** Say that the studio was started again, and ask for the look that was kept; false where nothing was. */
const revive = () => {
  const kept = readLook();
  if (!kept || typeof kept.look !== "string" || kept.began === began) return false;
  writeLook(kept.look);  // of this start from now on: it is asked for once
  askFor(kept.look);
  return true;
};
const keepLook = () => {
  clearTimeout(later);
  later = setTimeout(() => {
    if (!now) return;
    const token = now;
    if (missing) {  // until the photo is there that it needs
      const look = missing;
      server.fitting({ token, look }).then((fits) => { if (fits && missing === look) askFor(look); }).catch(() => {});
    }
    server.kept(token).then((look) => { if (token === now && (look || !missing)) writeLook(look); }).catch(() => {});
  }, 500);
};
hear("forget", () => { clearTimeout(later); missing = null; writeLook(""); });

let offered = false, forgotten = false;
const offerAll = async () => {
  if (offered) return;
  offered = true;
  for (const [i, token] of [...waiting].entries()) await offer(token, i === 0);
};
const show = () => {
  const value = props.value;
  if (!value || !(value.serial > newest)) return;
  newest = value.serial;
  if (newest > 0) trigger("rest");  // what else is to be shown anew; the picture is on its way to the screen by now
  say("answered", { serial: newest });
  const first = value.token && !now;  // from here on the page has its session
  if (value.token) { now = value.token; remember(); say("token", { token: value.token }); keepLook(); }
  if (value.offers === "photo") missing = asked;
  const again = value.began && value.began !== began;
  if (again) began = value.began;  // and the page was not loaded anew
  if (again && revive()) list.replaceChildren();
  else if (value.text) put(value.kind, value.text, acting(value.offers));
  else if (!forgotten) list.replaceChildren();  // what stood there was about something that is over
  forgotten = Boolean(value.stale);  // the next answer only shows what there is now, and what was said of that stays
  if (first) revive();
  offerAll();
  if (value.stale) { trigger("stale"); say("stale"); }  // the server has forgotten this visit: show what it has now
};
hear("drawn", ({ state }) => { if (state === "done") list.querySelector(".warning")?.remove(); });
hear("forget", () => { waiting = []; offers.replaceChildren(); remember(); });
hear("adjusting", () => list.replaceChildren());  // what it says of “Adjust” has been done
hear("note", ({ kind, text }) => put(kind, text));
watch("value", show);
show();
