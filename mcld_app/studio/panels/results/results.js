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
const draw = () => {
  root.hidden = !results.length;
  list.replaceChildren(...results.map((result) => {
    const on = chosen && result.id === chosen.id;
    const option = make("button", { type: "button", role: "option", "aria-selected": String(on), tabindex: on ? "0" : "-1",
      "data-id": result.id, title: `${result.pose}, seed ${result.seed}`, "aria-label": `${result.pose}, seed ${result.seed}` },
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
  results = [...fresh, ...results].slice(0, 64);
  chosen = fresh[0];
  maps.replaceChildren();
  draw();
});
hear("forget", () => { results = []; chosen = null; maps.replaceChildren(); draw(); });
element.querySelectorAll("[data-want]").forEach((button) => button.addEventListener("click", () => {
  if (chosen) say("want", { what: button.dataset.want, id: chosen.id, mark: mark.checked });
}));
element.querySelector(".results-again").addEventListener("click", () => { if (chosen) trigger("again", { id: chosen.id }); });
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
  if (value.problem) { warn(value.problem); return; }
  if (!value.maps) return;
  focus.setAttribute("aria-expanded", "true");
  maps.replaceChildren(...value.maps.map(({ label, picture }) => make("figure", {}, make("img", { src: picture, alt: label }), make("figcaption", { text: label }))));
});
draw();
