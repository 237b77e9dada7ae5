// Models and weights: what is there, what is missing, and fetching it.
const $ = (name) => element.querySelector(`.${name}`);
const box = $("weights"), what = $("weights-what"), status = $("weights-status"), bar = $("weights-progress");
let offers = {}, busy = false;

const say_licences = () => {
  const offer = offers[what.value];
  $("weights-licences").replaceChildren(...(offer?.files || []).map((file) => make("p", {},
    make("a", { href: file.page, target: "_blank", rel: "noreferrer", text: `${file.label}, ${file.size}` }), `: ${file.licence}.`)));
};
const show_busy = (on) => {
  busy = on;
  $("weights-busy").hidden = !on;
  $("weights-fetch").hidden = on || !Object.values(offers).some((offer) => offer.files.length);
};
const list = (value) => {
  offers = value.offers;
  $("weights-list").replaceChildren(...value.lines.map((line) => make("div", { class: `weights-line ${line.state}` },
    make("strong", { text: line.what }), make("span", { text: ` ${line.state === "note" ? "" : `${line.state}: `}${line.text}` }),
    ...line.todo.map((text) => make("code", { text })))));
  what.replaceChildren(...Object.entries(setup.what).filter(([id]) => offers[id]?.files.length)
    .map(([id, label]) => make("option", { value: id, text: `${label}, ${offers[id].size}` })));
  say_licences();
  show_busy(false);
  if (value.text) status.textContent = value.text;
};
what.addEventListener("change", say_licences);
box.addEventListener("toggle", () => { if (box.open && !busy) trigger("look"); });
$("weights-go").addEventListener("click", () => {
  if (busy) return;
  show_busy(true);
  status.textContent = "";
  trigger("fetch", { what: what.value });
});
$("weights-stop").addEventListener("click", () => { bar.querySelector("span").textContent = "Stopping …"; trigger("halt"); });
watch("value", () => {
  const value = props.value;
  if (!value) return;
  if (value.state === "list") { list(value); return; }
  if (value.state === "step") {
    bar.querySelector("i").style.width = `${value.share * 100}%`;
    bar.setAttribute("aria-valuenow", String(Math.round(value.share * 100)));
    bar.querySelector("span").textContent = value.text;
    return;
  }
  status.textContent = value.text;
  show_busy(false);
  if (value.state === "done") say("models");
});
