// The pictures drawn in this visit, newest first.
const root = element.querySelector(".results"), list = element.querySelector(".results-list"), maps = element.querySelector(".results-maps");
const mark = element.querySelector(".results-mark"), focus = element.querySelector(".results-focus");
const compare = element.querySelector(".results-compare");
let results = [], chosen = null, pairing = false;  // the next one pressed is compared with the chosen one
const pair = (on) => { pairing = on; compare.setAttribute("aria-pressed", String(on)); };
compare.addEventListener("click", () => { pair(!pairing); if (pairing) tell("Press the picture to compare it with."); });
hear("leave", () => pair(false));
mark.checked = setup.mark;

const options = () => [...list.children];
const named = (result) => `${result.person}, ${result.pose}, seed ${result.seed}${result.starred ? ", starred" : ""}`;
/** As many as are kept, those with a star longest. */
const fit = (all) => {
  while (all.length > setup.most) {
    const at = all.map((result) => result.starred).lastIndexOf(false);
    all.splice(at < 0 ? all.length - 1 : at, 1);
  }
  return all;
};
const starring = element.querySelector(".results-star");
const draw = () => {
  root.hidden = !results.length;
  list.replaceChildren(...results.map((result) => {
    const on = chosen && result.id === chosen.id;
    const option = make("button", { type: "button", role: "option", "aria-selected": String(on), tabindex: on ? "0" : "-1",
      "data-id": result.id, "data-starred": Boolean(result.starred), title: named(result), "aria-label": named(result) },
    make("img", { src: result.picture, alt: "", width: 62, height: 90 }));
    option.addEventListener("click", (event) => {
      if (chosen && chosen.id !== result.id && (pairing || event.shiftKey || event.ctrlKey || event.metaKey)) { pair(false); say("compare", { left: chosen, right: result }); return; }
      choose(result);
      list.querySelector("[aria-selected=true]").focus();
    });
    return option;
  }));
  const alone = !chosen || results.filter((r) => r.run === chosen.run).length < 2;
  element.querySelectorAll("[data-want=animation], [data-want=video]").forEach((button) => { button.hidden = alone; });
  element.querySelectorAll(".results-quick, .results-acts").forEach((acts) => { acts.hidden = !chosen; });
  starring.setAttribute("aria-pressed", String(Boolean(chosen && chosen.starred)));
  focus.hidden = !chosen || !chosen.focus;
  compare.hidden = results.length < 2;
};
const choose = (result) => {
  chosen = result;
  maps.replaceChildren();
  focus.setAttribute("aria-expanded", "false");
  draw();
  say("show-drawn", result);
};
rove(list, options);
hear("drawn", (news) => {
  if (news.state !== "done" || !news.results) return;
  const fresh = news.results.map((result) => ({ ...result, run: news.run }));
  results = fit([...fresh, ...results]);
  chosen = results[0];
  maps.replaceChildren();
  draw();
});
hear("drawn-beside", ({ run, results: more }) => {  // drawn with others, as on a contact sheet: nobody looks at one of them
  results = fit([...more.map((result) => ({ ...result, run })), ...results]);
  draw();
});
hear("forget", () => { results = []; chosen = null; maps.replaceChildren(); draw(); });
element.querySelectorAll("[data-want]").forEach((button) => button.addEventListener("click", () => {
  if (chosen || button.dataset.want === "drawn-all") say("want", { what: button.dataset.want, id: chosen?.id, mark: mark.checked });
}));
element.querySelector(".results-again").addEventListener("click", () => { if (chosen) trigger("again", { id: chosen.id }); });
starring.addEventListener("click", () => {
  chosen.starred = !chosen.starred;
  trigger("star", { id: chosen.id, on: chosen.starred });
  draw();
});
element.querySelector(".results-copy").addEventListener("click", () => say("want", { what: "drawn", id: chosen.id, mark: mark.checked, copied: true }));
element.querySelector(".results-vary").addEventListener("click", () => say("vary", { id: chosen.id }));
const drop = () => {
  const at = results.indexOf(chosen), held = list.contains(document.activeElement);
  trigger("drop", { id: chosen.id });
  say("drawn-gone", { id: chosen.id });
  results = results.filter((result) => result !== chosen);
  chosen = null;
  maps.replaceChildren();
  if (results.length) choose(results[Math.min(at, results.length - 1)]); else draw();
  if (held) list.querySelector("[aria-selected=true]")?.focus();
};
element.querySelector(".results-delete").addEventListener("click", drop);
list.addEventListener("keydown", (event) => {
  if (event.key === "Delete" && chosen && document.activeElement?.dataset.id === chosen.id) { event.preventDefault(); drop(); }
});
const placing = element.querySelector(".results-placed"), view = element.querySelector(".results-placed-view");
element.querySelector(".results-place").addEventListener("click", () => {
  view.replaceChildren(make("p", { text: "One moment …" }));
  placing.showModal();
  trigger("place", { id: chosen.id, mark: mark.checked });
});
element.querySelector(".results-placed-close").addEventListener("click", () => placing.close());
element.querySelector(".results-placed-save").addEventListener("click", () => placing.close());
placing.addEventListener("click", (event) => { if (event.target === placing) placing.close(); });
placing.addEventListener("close", () => view.replaceChildren());
const showPlaced = (placed) => {
  if (!placing.open || (placed.id && placed.id !== chosen?.id)) return;
  view.replaceChildren(placed.problem ? make("p", { text: placed.problem }) : make("img", { src: placed.picture, alt: placed.alt }));
};
focus.addEventListener("click", () => {
  if (maps.children.length) { maps.replaceChildren(); focus.setAttribute("aria-expanded", "false"); return; }
  trigger("maps", { id: chosen.id });
});
watch("value", () => {
  const value = props.value;
  if (!value) return;
  if (value.all) {
    results = value.all;
    chosen = results[0] || null;
    maps.replaceChildren();
    draw();
    if (chosen) say("show-drawn", chosen);
    return;
  }
  if (value.placed) { showPlaced(value.placed); return; }
  if (value.problem) { warn(value.problem); return; }
  if (!value.maps) return;
  focus.setAttribute("aria-expanded", "true");
  maps.replaceChildren(...value.maps.map(({ label, picture }) => make("figure", {}, make("img", { src: picture, alt: label }), make("figcaption", { text: label }))));
});
draw();
