// The person: the preview, the region under the pointer, the slider between photo and preview, the IUV map.
const $ = (name) => element.querySelector(`.${name}`);
const root = $("stage"), frame = $("stage-frame"), after = $("stage-after"), beforeImage = $("stage-before"), canvas = $("stage-light");
const slider = $("stage-slider"), hint = $("stage-hint"), live = $("stage-live");
const regions = new Map(setup.regions.map((region) => [region.id, region]));
const photos = new Map();  // person key -> their photo, sent once
let index = null;          // which part each pixel shows, from the server
let lit = null;
let foundHere = false, garmentHere = false;  // a body, a garment of a picture: both can be adjusted
let person = null, pair = null;  // whose photo it is; two drawn pictures that are compared
let ground = "";  // a name for what was chosen to be seen around the person, "" for the pictures' own
let view = "preview", look = null;  // what is shown; a name for the look, from the server

/** Said to those who cannot see the picture. */
const announce = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 30); };

// ---- pictures -----------------------------------------------------------------------------------------------

const unpack = ({ width, height, runs }) => {
  const bytes = Uint8Array.from(atob(runs), (c) => c.charCodeAt(0));
  const parts = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < bytes.length; i += 2) { parts.fill(bytes[i], at, at += bytes[i + 1]); }
  return { width, height, parts };
};

const show = (value) => {
  if (value.before) photos.set(value.person, value.before);
  const before = photos.get(value.person);
  if (after.alt && after.alt !== value.alt) announce(value.alt);
  if (value.look !== look) {
    look = value.look;
    if (view === "drawn") setView("preview");
  }
  after.src = value.picture;
  after.alt = value.alt;
  if (value.ground !== undefined && value.ground !== ground) { ground = value.ground; if (!pair && !watching) showDrawn(); }
  person = value.person;
  if (pair) setView("preview");
  if (before && beforeImage.src !== before) beforeImage.src = before;
  if (value.iuv) $("stage-iuv").src = value.iuv;
  if (value.parts) { index = unpack(value.parts); if (lit) light(lit); }
  $("stage-iuv").alt = `IUV map of the pose: ${value.pose}`;
  root.querySelector("[data-act=undo]").disabled = !value.undo;
  root.querySelector("[data-act=redo]").disabled = !value.redo;
  $("stage-map").src = value.iuv || $("stage-map").src;
  showJoints(value.handles || null);
  if (value.fitting !== undefined) {
    const fitting = Boolean(value.fitting);
    // On a phone the picture lies below the photo that was just chosen, and what is to be done is done there.
    if (fitting && !root.classList.contains("fitting")) setTimeout(() => frame.scrollIntoView({ block: "nearest" }), 250);
    root.classList.toggle("fitting", fitting);
    $("stage-fitting").hidden = !fitting;
    $("stage-fitting-what").textContent = fitting ? "Lay the mannequin over the person" : "";
    if (fitting) setView("preview");
    foundHere = !fitting && value.found;
    garmentHere = !fitting && Boolean(value.garment);
    offerAdjusting();
    $("stage-outline").hidden = !(fitting && value.found);
    if (outlining && !(fitting && value.found)) paintOutline(null);
  }
  canvasOver.clear();
  frame.classList.remove("waiting");
  frame.dataset.serial = value.serial;
  badge();
  drawLive(value.draws ? value.serial : null);
  if (foundHere && value.before && !bodiesShown.has(value.person)) { bodiesShown.add(value.person); showBody(); }
};

/** A photo that was brought: where its body was found, for half a second. The way to adjust it stands below. */
const bodiesShown = new Set(), BODY = "body", HALF_A_SECOND = 500;
const showBody = () => {
  setView("preview");
  regions.set(BODY, { id: BODY, label: "The body that was found", parts: Array.from({ length: 24 }, (_, k) => k + 1) });
  light(BODY);
  setTimeout(() => { if (lit === BODY) light(null); }, HALF_A_SECOND);
};

// ---- regions ------------------------------------------------------------------------------------------------

const light = (id, note) => {
  lit = id;
  const region = regions.get(id);
  const context = canvas.getContext("2d");
  frame.classList.toggle("lit", Boolean(region));
  hint.textContent = region ? (note || region.label) : "";
  if (!region || !index) { context.clearRect(0, 0, canvas.width, canvas.height); frame.dataset.lit = ""; return; }
  frame.dataset.lit = id;
  const { width, height, parts } = index;
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const inside = new Uint8Array(256);
  region.parts.forEach((part) => { inside[part] = 1; });
  const [red, green, blue] = setup.colour;
  const image = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      if (!inside[parts[at]]) continue;
      const edge = x === 0 || y === 0 || x === width - 1 || y === height - 1 || !inside[parts[at - 1]]
        || !inside[parts[at + 1]] || !inside[parts[at - width]] || !inside[parts[at + width]];
      image.data.set([red, green, blue, edge ? 255 : 120], at * 4);
    }
  }
  context.putImageData(image, 0, 0);
};

/** The region under a point of the window; null where there is no person. Near misses count: fingers are thick. */
const regionAt = (x, y) => {
  const box = after.getBoundingClientRect();
  if (!index || x < box.left || x >= box.right || y < box.top || y >= box.bottom) return null;
  const { width, height, parts } = index;
  const column = Math.floor(((x - box.left) / box.width) * width);
  const row = Math.floor(((y - box.top) / box.height) * height);
  for (let reach = 0; reach <= 6; reach += 2) {
    for (const [dx, dy] of [[0, 0], [reach, 0], [-reach, 0], [0, reach], [0, -reach]]) {
      const part = parts[Math.min(height - 1, Math.max(0, row + dy)) * width + Math.min(width - 1, Math.max(0, column + dx))];
      if (part) return setup.at[part] || null;
    }
  }
  return null;
};

/** What of the person can be adjusted: their body, and a garment on them that came from a picture of its own. */
function offerAdjusting() {
  $("stage-adjust-garment").hidden = !garmentHere;
  ["stage-adjust", "stage-turn-person"].forEach((name) => { $(name).hidden = !foundHere; });
  $("stage-found").hidden = !foundHere && !garmentHere;
}
$("stage-adjust-garment").addEventListener("click", () => trigger("adjust_garment", {}));

const wear = (item, region) => {
  setView("preview");
  frame.classList.add("waiting");
  setTimeout(() => frame.classList.remove("waiting"), 4000);
  announce(`Putting on ${item.label}: ${regions.get(region).label}.`);
  trigger("wear", region === "parts" ? { id: item.id, parts: regions.get(region).parts } : { id: item.id, region });
};

let partsShown = null;
hear("parts", ({ parts }) => {  // body parts chosen one by one are a region of their own
  regions.set("parts", { id: "parts", label: "Chosen parts", parts });
  light(parts.length ? "parts" : null);
  clearTimeout(partsShown);
  partsShown = setTimeout(() => { if (lit === "parts") light(null); }, 1600);
});

/** A garment that was pressed goes on where it belongs, or on the body parts that were chosen. */
hear("wear", ({ item }) => wear(item, regions.get("parts")?.parts.length ? "parts" : item.region || "outfit"));

let lifted = null;
const lift = (item) => {
  if (lifted === item.id) return;
  lifted = item.id;
  trigger("lift", { id: item.id });
};

hear("carry", ({ item, phase, x, y }) => {  // a garment, or a colour
  if (!item.colour) lift(item);
  const region = phase === "cancel" ? null : regionAt(x, y);
  if (phase === "move") { setView("preview"); root.classList.add("target"); light(region, region && `Release: ${regions.get(region).label}`); return; }
  root.classList.remove("target");
  light(null);
  if (!region) { if (phase === "drop") tell("Nothing was put on: release it over the person."); return; }
  if (item.colour) say("colour", { colour: item.colour, region }); else wear(item, region);
});

// ---- joints and brush ---------------------------------------------------------------------------------------

const commit = latest("drag"), commitTurn = latest("turn");
const showJoints = joints($("stage-joints"), (data) => {
  const { act = "drag", ...told } = data;
  if (told.live) follow({ act, ...told });
  else { dropLive(); (act === "turn" ? commitTurn : commit)(told); }
});
hear("handles", ({ on }) => root.classList.toggle("no-handles", !on));
$("stage-adjust").addEventListener("click", () => trigger("adjust"));
["stage-turn-round", "stage-turn-person"].forEach((name) => $(name).addEventListener("click", () => trigger("turn_round")));
$("stage-use-body").addEventListener("click", () => trigger("use_body"));
$("stage-leave-body").addEventListener("click", () => trigger("leave_body"));

/** Once what is shown is at rest, a network draws it anew; the preview stays until that picture is there. */
let drawing = 0, wanted = null;
function drawLive(serial) {
  const mine = (drawing += 1);
  wanted = serial;
  frame.dataset.drawn = "";
  if (serial === null) return;
  server.drawn({ token, serial }).then((shown) => {
    if (mine !== drawing || !shown) return;  // a newer edit, or a hand, has taken its place
    if (shown.again) { setTimeout(() => { if (mine === drawing) drawLive(serial); }, 200); return; }
    if (!shown.picture) return;
    after.src = shown.picture;
    frame.dataset.drawn = serial;
  }).catch(() => {});  // then the preview is what there is
}

/** While a hand is on a joint or a slider: small pictures, one at a time, always of where the hand is now. */
let token = null, asking = false, next = null, hand = 0;
hear("token", (told) => {
  const known = token === told.token;
  token = told.token;
  if (!known && wanted !== null) drawLive(wanted);
});
function follow(data) {
  if (asking) { next = data; return; }
  asking = true;
  drawing += 1;  // what is drawn now, or was, is not what the hand holds
  frame.dataset.drawn = "";
  const mine = hand;
  const done = () => { asking = false; if (next) { const data = next; next = null; follow(data); } };
  setTimeout(() => { if (asking && mine !== hand) done(); }, 4000);
  server.live({ token, ...data }).then((shown) => {
    if (mine !== hand || !shown || !shown.picture) return;  // the hand is gone: what it left comes by itself
    after.src = shown.picture;
    $("stage-iuv").src = shown.iuv;
    showJoints(shown.handles);
    if ((data.act === "drag" || data.by) && shown.values) say("joints", { values: shown.values });
    if (data.act === "garment") say("garment-shown", shown);
  }).catch(() => {}).finally(done);
}
function dropLive() {
  hand += 1; next = null;
  const mine = drawing;  // a hand that left everything as it was brings no new value: what is shown is drawn again
  setTimeout(() => { if (mine === drawing && wanted !== null) drawLive(wanted); }, 1500);
}
hear("live", follow);
hear("live-end", dropLive);
let inHand = { where: null };
let outlining = null;  // "add" or "less", while the outline of a person is painted
function paintOutline(how) {
  outlining = how;
  root.classList.toggle("painting-outline", Boolean(how));
  root.dataset.brush = how ? "person" : "";
  $("stage-outline-add").setAttribute("aria-pressed", String(how === "add"));
  $("stage-outline-less").setAttribute("aria-pressed", String(how === "less"));
}
$("stage-outline-add").addEventListener("click", () => paintOutline(outlining === "add" ? null : "add"));
$("stage-outline-less").addEventListener("click", () => paintOutline(outlining === "less" ? null : "less"));
const canvasOver = paintable($("stage-brush"), () => (outlining ? { colour: "#2dd4bf", size: 18, erase: outlining === "less" } : inHand.where === "person" || inHand.where === "pose" ? inHand : null),
  (strokes) => {
    if (outlining) trigger("outline", { strokes, add: outlining === "add" });
    else if (inHand.where === "pose") trigger("part", { strokes, part: inHand.part });
    else trigger("paint", { on: "person", strokes, erase: inHand.erase });
  });
hear("brush", (tool) => {
  inHand = tool;
  const over = tool.where === "person" || tool.where === "pose";
  root.dataset.brush = over ? tool.where : "";
  if (over) setView("preview");
});
const openTab = () => {
  const open = document.querySelector("#edit-tabs [role=tab][aria-selected=true]");
  const name = open ? open.textContent.trim().toLowerCase() : "pose";
  if (root.dataset.tab === name) return;
  root.dataset.tab = name;
  if (name !== "paint") { root.dataset.brush = ""; inHand = { where: null }; }
  setTimeout(() => say("tab", { name }), 60);  // once the tab's own contents are there
};
new MutationObserver(openTab).observe(document.querySelector("#edit-tabs") || document.body,
  { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
setTimeout(openTab, 0);

// ---- files from the desktop ---------------------------------------------------------------------------------

const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
frame.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  setView("preview");
  root.classList.add("target");
  const region = regionAt(event.clientX, event.clientY);
  light(region, region && `Release: ${regions.get(region).label}`);
});
frame.addEventListener("dragleave", () => { root.classList.remove("target"); light(null); });
frame.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  root.classList.remove("target");
  light(null);
  say("brought", { transfer: event.dataTransfer, region: regionAt(event.clientX, event.clientY) });
});

hear("bringing", () => {
  frame.classList.add("waiting");
  setTimeout(() => frame.classList.remove("waiting"), 20000);
});
hear("answered", () => frame.classList.remove("waiting"));  // a question changes nothing here
hear("bring", ({ files }) => trigger("files", { files, region: null }));

// ---- undo, redo, reset --------------------------------------------------------------------------------------

const history = { undo: () => trigger("undo"), redo: () => trigger("redo"), reset: () => trigger("reset") };
root.querySelectorAll("[data-act]").forEach((button) => button.addEventListener("click", history[button.dataset.act]));
hear("reset", history.reset);
onDocument("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.target.closest?.("input:not([type=range]), textarea, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const act = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!act) return;
  event.preventDefault();
  history[act]();
});

// ---- before and after ---------------------------------------------------------------------------------------

const tabs = { preview: $("stage-show-preview"), compare: $("stage-show-compare"), drawn: $("stage-show-drawn") };
function setView(name) {
  if (pair && name !== "compare") endPair();
  view = name;
  root.dataset.view = name;
  root.classList.toggle("comparing", name === "compare");
  slider.disabled = name !== "compare";
  Object.entries(tabs).forEach(([key, tab]) => tab.setAttribute("aria-pressed", String(key === name)));
  if (name === "drawn") tabs.drawn.classList.remove("fresh");
  badge();
}
const cut = () => {
  frame.style.setProperty("--cut", `${slider.value}%`);
  slider.setAttribute("aria-valuetext", `${slider.value} % photo, the rest preview`);
};
let before = null;  // what was shown before the photo was held up
hear("original", ({ on }) => {
  if (on && before === null) { before = [view, slider.value]; setView("compare"); slider.value = 100; cut(); }
  if (!on && before !== null) { slider.value = before[1]; cut(); setView(before[0]); before = null; }
  root.classList.toggle("original", on);
});
hear("leave", () => { if (outlining) paintOutline(null); });
tabs.preview.addEventListener("click", () => setView("preview"));
tabs.compare.addEventListener("click", () => { setView("compare"); light(null); });
tabs.drawn.addEventListener("click", () => { setView("drawn"); light(null); });
slider.addEventListener("input", cut);

// ---- looked at large ----------------------------------------------------------------------------------------

const large = $("stage-large"), largeImage = large.querySelector("img"), enlarge = $("stage-enlarge");
function showLarge(picture, alt) {
  largeImage.src = picture;
  largeImage.alt = alt;
  if (!large.open) large.showModal();
}
enlarge.addEventListener("click", () => {
  if (view === "drawn") { showLarge(drawnImage.src, drawnImage.alt); return; }
  enlarge.setAttribute("aria-busy", "true");
  server.large({ token }).then((shown) => {
    if (shown && shown.problem) warn(shown.problem);
    if (shown && shown.picture) showLarge(shown.picture, after.alt);
  }).catch(() => warn("The large picture did not come. Try again.")).finally(() => enlarge.removeAttribute("aria-busy"));
});
large.querySelector(".stage-large-close").addEventListener("click", () => large.close());
const zoom = large.querySelector(".stage-large-zoom"), around = large.querySelector(".stage-large-view");
const zoomTo = (on, event) => {
  const box = largeImage.getBoundingClientRect();
  const across = event ? (event.clientX - box.left) / box.width : 0.5, down = event ? (event.clientY - box.top) / box.height : 0.5;
  large.classList.toggle("actual", on);
  zoom.setAttribute("aria-pressed", String(on));
  around.scrollTo(across * largeImage.offsetWidth - around.clientWidth / 2, down * largeImage.offsetHeight - around.clientHeight / 2);
};
zoom.addEventListener("click", () => zoomTo(!large.classList.contains("actual")));
large.querySelector(".stage-large-full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen(); else large.requestFullscreen?.();
});
let from = null;  // where a hand took hold of the picture; one that did not move it zooms there
largeImage.addEventListener("pointerdown", (event) => {
  from = { x: event.clientX, y: event.clientY, left: around.scrollLeft, top: around.scrollTop, moved: false };
  largeImage.setPointerCapture(event.pointerId);
});
largeImage.addEventListener("pointermove", (event) => {
  if (!from) return;
  from.moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
  around.scrollTo(from.left + from.x - event.clientX, from.top + from.y - event.clientY);
});
largeImage.addEventListener("pointerup", (event) => {
  if (from && !from.moved) zoomTo(!large.classList.contains("actual"), event);
  from = null;
});
large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
large.addEventListener("close", () => { zoomTo(false); largeImage.removeAttribute("src"); enlarge.focus(); });

// ---- the picture a model draws ------------------------------------------------------------------------------

const drawnImage = $("stage-drawn");
let drawn = null;      // the last finished one
let watching = false;  // one is being drawn and shown as it comes

/** The last drawn picture, before the ground that was chosen as soon as the server has it. */
function showDrawn() {
  if (!drawn) return;
  drawnImage.src = drawn.picture;
  if (!ground || !drawn.id) return;
  const [mine, chosen] = [drawn, ground];
  server.grounded({ token, id: drawn.id }).then((shown) => {
    if (shown && shown.problem) warn(shown.problem);
    if (shown && shown.picture && mine === drawn && chosen === ground && !pair && !watching) drawnImage.src = shown.picture;
  }).catch(() => {});
}

/** Two drawn pictures in one frame, the first in the photo's place. */
function showPair(left, right) {
  setView("compare");
  pair = { left, right };
  beforeImage.src = left.picture;
  drawnImage.src = right.picture;
  slider.value = 50;
  cut();
  badge();
  announce(`${left.alt}, seed ${left.seed}, beside ${right.alt}, seed ${right.seed}`);
}
function endPair() {
  pair = null;
  beforeImage.src = photos.get(person) || beforeImage.src;
  showDrawn();
}
hear("compare", ({ left, right }) => showPair(left, right));

/** What must be said about the picture, on the picture. */
function badge() {
  const older = Boolean(drawn) && drawn.look !== look;
  root.classList.toggle("older", older);
  const current = Boolean(drawn) && !older && !watching;  // then that is what the photo is compared with
  root.classList.toggle("current", current);
  root.classList.toggle("pair", Boolean(pair));
  root.querySelector(".stage-tag.left").textContent = pair ? `Seed ${pair.left.seed}` : "Photo";
  root.querySelector(".stage-tag.right").textContent = pair ? `Seed ${pair.right.seed}` : current ? "Drawn" : "Preview";
  $("stage-badge").textContent = view !== "drawn" ? "" : watching ? "Drawing …"
    : older ? "AI-generated, before your last edits" : "AI-generated";
}
hear("show-drawn", (result) => {
  drawn = result;
  tabs.drawn.hidden = false;
  showDrawn();
  drawnImage.alt = drawn.alt;
  setView("drawn");
  announce(drawn.alt);
});
hear("forget", () => { drawn = null; tabs.drawn.hidden = true; drawnImage.removeAttribute("src"); setView("preview"); });
hear("drawn-gone", ({ id }) => {  // deleted: nobody sees it any more
  if (pair) setView("preview");
  if (!drawn || drawn.id !== id) return;
  drawn = null;
  tabs.drawn.hidden = true;
  drawnImage.removeAttribute("src");
  setView("preview");
});
hear("drawn", (news) => {
  if (news.state === "step" && news.preview) {
    const first = !watching;
    watching = true;
    drawnImage.src = news.preview;
    drawnImage.alt = "The picture while it is being drawn";
    tabs.drawn.hidden = false;
    if (first) setView("drawn");
    return;
  }
  if (!["done", "stopped", "failed"].includes(news.state)) return;
  watching = false;
  if (news.state === "done") drawn = news;
  tabs.drawn.hidden = !drawn;
  if (drawn) { showDrawn(); drawnImage.alt = drawn.alt; }
  if (news.state !== "done") {
    if (view === "drawn" && (!drawn || drawn.look !== look)) setView("preview");
  } else if (drawn.look === look || news.varied) {
    setView("drawn");
    announce(drawn.alt);
  } else {
    tabs.drawn.classList.add("fresh");
    tell("Your picture is ready under “Drawn”. It shows the look from before your last edits.");
  }
  badge();
});
cut();
setView("preview");
showing(show);
