// Asking a model for a picture, watching it come, and stopping it.
const $ = (name) => element.querySelector(`.generate-${name}`);
const root = $("idle").closest(".generate"), go = $("go"), halt = $("stop"), line = $("model"), text = $("text");
const bar = $("progress"), seed = element.querySelector("#generate-seed"), dice = $("dice");
const fields = [...element.querySelectorAll("[data-name]")];
const fill = element.querySelector("#generate-fill"), sees = $("sees"), view = $("view");
let models = [], model = null, run = 0, patience = null, varied = false;

const set = (state) => { root.dataset.state = state; };
const busy = () => ["waiting", "drawing", "stopping"].includes(root.dataset.state);
const progress = (share, said) => {
  bar.style.setProperty("--share", `${Math.round(share * 100)}%`);
  bar.setAttribute("aria-valuenow", Math.round(share * 100));
  bar.setAttribute("aria-valuetext", said);
  text.textContent = said;
};
const duration = (seconds) => (seconds < 1 ? "almost done" : seconds < 100 ? `about ${seconds} s left`
  : `about ${Math.round(seconds / 60)} min left`);

// ---- which model --------------------------------------------------------------------------------------------

/** The parts of a sentence in which `words` between backticks are code. */
const coded = (sentence) => sentence.split("`").map((part, i) => (i % 2 ? make("code", { text: part }) : part));

const choose = (chosen) => {
  model = chosen;
  go.disabled = false;
  go.removeAttribute("title");
  const name = models.length < 2 ? make("b", { text: model.label })
    : make("select", { "aria-label": "Model" }, ...models.map((m) => make("option", { value: m.id, text: m.label, selected: m === model })));
  name.addEventListener("change", () => choose(models.find((m) => m.id === name.value)));
  root.classList.toggle("live", model.live);
  line.replaceChildren("Model: ", name, ". ",
    ...coded(model.live ? "It draws as you edit. Step by step: under Settings." : model.note));
  element.querySelector(".generate-holes").hidden = !model.holes;
  lookThrough();
  for (const field of fields) {  // what this model draws best with, unless somebody has chosen otherwise
    if (field.dataset.name in model.usual && !field.dataset.chosen) field.value = model.usual[field.dataset.name];
  }
};

// ---- what it sees ---------------------------------------------------------------------------------------------

const fills = () => Boolean(model && model.holes && fill.checked);
let asked = null;
/** Asks for the pictures anew, where somebody is looking at them. */
const lookThrough = () => {
  if (!sees.open || !model) return;
  clearTimeout(asked);
  view.setAttribute("aria-busy", "true");
  asked = setTimeout(() => trigger("view", { model: model.id, fill_holes: fills() }), 150);
};
const showView = (pictures) => {
  view.removeAttribute("aria-busy");
  view.replaceChildren(...pictures.map(({ label, hint, picture }) => make("figure", { title: hint },
    make("img", { src: picture, alt: `${label}. ${hint}` }), make("figcaption", { text: label }))));
};
sees.addEventListener("toggle", lookThrough);
hear("answered", lookThrough);  // something was edited
fill.addEventListener("change", () => { lookThrough(); keep(); });

const none = (sentence) => {
  model = null;
  root.dataset.state = "none";
  go.disabled = true;
  go.title = sentence.replaceAll("`", "");
  line.replaceChildren(...coded(sentence));
};
const look = (again) => server.find(null).then((found) => {
  models = found;
  if (!models.length) { none(setup.none); return; }
  set("idle");
  choose(models[0]);
}).catch(() => {
  if (again) setTimeout(() => look(false), 3000);
  else none("Which models there are could not be found out. Reload the page to try again.");
});
look(true);
hear("models", () => { if (!busy()) look(true); });  // some have come

const KEY = "mcld-settings";  // what somebody chose outlives a reload; it ends with the window
const keep = () => {
  const chosen = Object.fromEntries(fields.filter((f) => f.dataset.chosen).map((f) => [f.dataset.name, f.value]));
  if (fill.checked) chosen.fill_holes = true;
  try { sessionStorage.setItem(KEY, JSON.stringify(chosen)); } catch { /* then it does not */ }
};
for (const field of fields) field.addEventListener("change", () => { field.dataset.chosen = "yes"; keep(); });
try {
  const kept = JSON.parse(sessionStorage.getItem(KEY)) || {};
  fill.checked = kept.fill_holes === true;
  for (const field of fields) {
    if (!(field.dataset.name in kept)) continue;
    field.value = kept[field.dataset.name];
    field.dataset.chosen = "yes";
  }
} catch { /* nothing was kept */ }

// ---- asking and stopping ------------------------------------------------------------------------------------

const end = () => {
  clearTimeout(patience);
  const focused = document.activeElement === halt;
  set("idle");
  if (focused) go.focus();
};
const values = () => Object.fromEntries(fields.map((field) => [field.dataset.name, field.type === "number" ? Number(field.value) : field.value]));
hear("asked-now", (asked) => { if (model) Object.assign(asked, values(), { seed: seed.value, model: model.id }); });
hear("go", () => { if (model) go.click(); });
hear("leave", () => { if (busy()) halt.click(); });
const begin = (again) => {
  run = Date.now();
  varied = again;
  const focused = document.activeElement === go;
  set("waiting");
  progress(0, "Waiting for its turn …");
  if (focused) halt.focus();
};
go.addEventListener("click", () => {
  if (busy() || !model) return;
  const wrong = fields.find((field) => !field.checkValidity());
  if (wrong) { $("settings").open = true; wrong.reportValidity(); return; }
  if (dice.getAttribute("aria-pressed") === "true") seed.value = Math.floor(Math.random() * 2 ** 31);
  begin(false);
  trigger("ask", { run, model: model.id, seed: seed.value, ...values(), focus: element.querySelector("#generate-focus").checked, fill_holes: fills(),
    series: element.querySelector("#generate-series").checked });
});
hear("vary", ({ id }) => {  // a drawn picture with other seeds, and all else as it was
  if (busy() || !model) { tell(model ? "Something is being drawn. Vary it when that is done." : setup.none.replaceAll("`", "")); return; }
  begin(true);
  trigger("ask", { run, vary: id, seed: String(Math.floor(Math.random() * 2 ** 31)) });
});
halt.addEventListener("click", () => {
  if (root.dataset.state === "stopping") return;
  trigger("halt", { run });
  if (root.dataset.state === "waiting") {  // others may be drawing for long: what comes of it is not waited for
    run = 0;
    end();
    return;
  }
  set("stopping");
  text.textContent = "Stopping …";
  patience = setTimeout(() => { say("drawn", { state: "stopped" }); end(); }, 20000);
});

watch("value", () => {
  const news = props.value;
  if (news && news.view) {
    showView(news.view);
    if (news.problem) warn(news.problem);
    return;
  }
  if (!news || !run || news.run !== run || !busy()) return;
  const stopping = root.dataset.state === "stopping";
  if (news.state === "start" && !stopping) {
    set("drawing");
    progress(0, news.loading ? "Loading the model …" : "Starting …");
  } else if (news.state === "step" && !stopping) {
    set("drawing");
    const last = news.step === news.steps && news.share > 0.999;
    const left = news.left === null ? "" : ` · ${last ? "finishing" : duration(news.left)}`;
    const many = news.jobs > 1 ? `, ${news.done ? `${news.done} of ${news.jobs} done` : `${news.jobs} pictures`}` : "";
    progress(news.share, `Step ${news.step} of ${news.steps}${many}${left}`);
    say("drawn", news);
  } else if (["done", "stopped", "failed"].includes(news.state)) {
    end();
    say("drawn", news.results ? { ...news.results[0], ...news, varied } : news);
    if (news.state === "failed") warn(news.text);
  }
});

hear("settings", (told) => {  // of a recipe that was opened
  for (const field of fields) {
    if (!(field.dataset.name in told)) continue;
    field.value = told[field.dataset.name];
    field.dataset.chosen = "yes";
  }
  if (told.fill_holes !== undefined) fill.checked = told.fill_holes;
  if (told.seed !== undefined) {
    seed.value = told.seed;
    roll(false);
  }
  const same = models.find((m) => m.id === told.model);
  if (same && same !== model) choose(same);
  else if (told.model && !same) setTimeout(() => warn(`The recipe was drawn with “${told.model}”, which is not here: the picture will differ.`), 600);  // after “The recipe is open”
  keep();
});

hear("series", ({ count }) => {  // how many poses the series has
  const box = element.querySelector("#generate-series");
  box.disabled = count < 2;
  if (box.disabled) box.checked = false;
  root.classList.toggle("series", count > 1);
  box.parentNode.title = count < 2 ? "Add two poses at least to the series, under “Pose”." : "All poses of the series, one picture each.";
});

// ---- seed ---------------------------------------------------------------------------------------------------

const roll = (on) => {
  dice.setAttribute("aria-pressed", String(on));
  dice.title = on ? "A new seed each time" : "The same seed each time";
};
dice.addEventListener("click", () => roll(dice.getAttribute("aria-pressed") !== "true"));
seed.addEventListener("input", () => {
  seed.value = seed.value.replace(/\D/g, "");
  roll(false);  // who writes a number means it
});
seed.addEventListener("change", () => { if (!seed.value) seed.value = "0"; });
