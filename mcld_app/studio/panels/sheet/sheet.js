// Many pictures as one: what is ticked, how many that makes, and the sheet as it is made.
const $ = (name) => element.querySelector(`.sheet-${name}`);
const open = $("open"), box = $("dialog"), count = $("count"), mark = $("mark"), last = $("again");
const lists = [...element.querySelectorAll(".sheet-list")];
let items = null, own = {}, made = null, run = 0;
let working = false, many = 0, began = 0;  // how far a sheet is, how many pictures it has, and since when
mark.checked = setup.mark;

const ticks = (list) => [...list.querySelectorAll("input")];
const ticked = () => Object.fromEntries(lists.map((list) => [list.dataset.list, ticks(list).filter((tick) => tick.checked).map((tick) => tick.value)]));
const pictures = () => Object.values(ticked()).reduce((all, ids) => all * Math.max(ids.length, 1), 1);
const put = (text, problem = false) => { count.textContent = text; count.classList.toggle("problem", problem); };
const WORDS = { people: ["person", "people"], clothes: ["outfit", "outfits"], poses: ["pose", "poses"], faces: ["face", "faces"] };

/** How many pictures that makes, in words, and whether they can be drawn. */
const tellCount = () => {
  if (working) return;
  const chosen = Object.entries(ticked()).filter(([, ids]) => ids.length);
  const all = pictures(), too = all > setup.most;
  const how = chosen.map(([name, ids]) => `${ids.length} ${WORDS[name][ids.length === 1 ? 0 : 1]}`).join(" × ");
  const most = `${how} would be ${all} pictures; a sheet has at most ${setup.most}. Untick some.`;
  const none = items ? "Nothing is ticked yet." : "The pictures are on their way: the first time on a machine that takes a while.";
  put(too ? most : chosen.length ? `${how}: ${all} picture${all === 1 ? "" : "s"}` : none, too);
  const can = chosen.length > 0 && !too && items !== null;
  $("previews").disabled = !can;
  $("draw").disabled = !can || !model();
  $("draw").title = model() ? "By the model that is chosen under Generate, with its settings and seed" : "There is no model here. A sheet from previews needs none.";
  lists.forEach((list) => { list.querySelector(".sheet-none").hidden = !ticks(list).some((tick) => tick.checked); });
};
const asked = () => { const told = {}; say("asked-now", told); return told; };  // the fields under Generate
const model = () => asked().model;

// ---- what can be ticked -----------------------------------------------------------------------------------------

const tile = (item) => {
  const tick = make("input", { type: "checkbox", value: item.id, tabindex: "-1" });
  return make("label", { class: "sheet-tile", title: item.hint || item.label }, tick,
    make("img", { src: item.src, alt: "", width: item.width, height: item.height, draggable: "false" }),
    make("span", { text: item.label }));
};
const fill = () => lists.forEach((list) => {
  const name = list.dataset.list, chosen = new Set(ticks(list).filter((tick) => tick.checked).map((tick) => tick.value));
  const tiles = [...(items?.[name] || []), ...(own[name] || [])].map(tile);
  list.querySelector(".sheet-tiles").replaceChildren(...tiles);
  ticks(list).forEach((tick, i) => { tick.checked = chosen.has(tick.value); tick.tabIndex = i ? -1 : 0; });
  tellCount();
});
lists.forEach((list) => {
  rove(list.querySelector(".sheet-tiles"), () => ticks(list));
  list.addEventListener("change", tellCount);
  const all = (on) => () => {
    // “As it is now” is no choice of its own where all are meant.
    ticks(list).forEach((tick) => { tick.checked = on && tick.value !== "now"; });
    tellCount();
  };
  list.querySelector(".sheet-all").addEventListener("click", all(true));
  list.querySelector(".sheet-none").addEventListener("click", all(false));
});
const fetchItems = () => server.choices(null).then((got) => { items = got; fill(); })
  .catch(() => put("These pictures could not be loaded. Close this window and open it again.", true));

// ---- the window -------------------------------------------------------------------------------------------------

const show = (name) => {
  box.dataset.shows = name;
  $("lists").hidden = name === "made";
  $("made").hidden = name !== "made";
  $("how").hidden = name === "made";
  $("choosing").hidden = name !== "choosing";
  $("busy").hidden = name !== "busy";
  lists.forEach((list) => { list.disabled = name === "busy"; });
  $("files").hidden = name !== "made";
  last.hidden = !made;
  if (name === "choosing") tellCount();
};
const showMade = () => {
  const picture = $("view").querySelector("img");
  picture.src = made.picture;
  picture.alt = made.alt;
  $("view").classList.remove("actual");
  put(made.told || "The sheet that was made last.");
  show("made");
};
open.addEventListener("click", () => {
  if (!items) fetchItems();
  if (!working) show(box.dataset.shows === "made" && made ? "made" : "choosing");
  box.showModal();
});
$("close").addEventListener("click", () => box.close());
box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
$("back").addEventListener("click", () => { show("choosing"); });
last.addEventListener("click", showMade);
$("view").addEventListener("click", () => $("view").classList.toggle("actual"));
element.querySelectorAll("[data-want]").forEach((button) => button.addEventListener("click", () => say("want", { what: button.dataset.want })));

// ---- drawing ----------------------------------------------------------------------------------------------------

const bar = $("progress");
const share = (done, text) => {
  bar.style.setProperty("--share", `${Math.round(done * 100)}%`);
  bar.setAttribute("aria-valuenow", Math.round(done * 100));
  bar.setAttribute("aria-valuetext", text);
  put(text);
  open.textContent = `Contact sheet: ${Math.round(done * 100)}%`;
};
const begin = (previews) => {
  if (working) return;
  run = Date.now();
  working = "waiting";
  const fields = asked();
  many = pictures();
  show("busy");
  share(0, "Waiting for its turn …");
  $("stop").focus();
  began = performance.now();
  made = made && { ...made, told: "" };
  trigger("ask", { run, ...fields, ...ticked(), previews, mark: mark.checked });
};
const end = () => { working = false; open.textContent = "Contact sheet"; };
$("draw").addEventListener("click", () => begin(false));
$("previews").addEventListener("click", () => begin(true));
$("stop").addEventListener("click", () => {
  trigger("halt", { run });
  if (working === "waiting") { run = 0; end(); show("choosing"); put("Cancelled."); return; }
  put("Stopping …");
});

const hearNews = (news) => {
  if (!working || news.run !== run) return;
  const text = { dressed: "Waiting for the model …", start: news.loading ? "Loading the model …" : "Starting to draw …" }[news.state];
  if (news.state === "dressing") { working = "dressing"; share(0.3 * news.done / news.of, `Dressing ${news.done} of ${news.of}`); return; }
  if (text) { working = news.state === "dressed" ? "waiting" : "drawing"; share(0.3, text); return; }
  if (news.state === "step") {
    const left = news.left === null ? "" : news.left < 100 ? ` · about ${Math.max(news.left, 1)} s left` : ` · about ${Math.round(news.left / 60)} min left`;
    share(0.3 + 0.7 * news.share, `Drawing: ${news.done} of ${news.jobs} done${left}`);
    return;
  }
  if (news.results) say("drawn-beside", { run, results: news.results });
  if (news.state === "done") {
    const seconds = Math.round((performance.now() - began) / 1000);
    end();
    made = { ...news.sheet, told: `${many} picture${many === 1 ? "" : "s"} in ${seconds} s.` };
    showMade();
    if (!box.open) tell("Your contact sheet is ready.");
    return;
  }
  if (!["stopped", "failed"].includes(news.state)) return;
  end();
  show("choosing");
  put(news.state === "failed" ? news.text : "Cancelled.", news.state === "failed");
  if (news.state === "failed" && !box.open) warn(news.text);
};
hear("forget", () => { made = null; run = 0; end(); $("view").querySelector("img").removeAttribute("src"); show("choosing"); });
watch("value", () => {
  const value = props.value;
  if (!value) return;
  if (value.own) { own = value.own; if (items) fill(); }
  if (value.last !== undefined) { made = value.last; if (!working && !box.open) show("choosing"); }
  if (value.state) hearNews(value);
});
if (props.value?.own) own = props.value.own;
show("choosing");
