// The mannequin's joints and the camera, as sliders in groups.
const box = element.querySelector(".joints");
const inputs = new Map();
let gesture = 0, holding = false;

const write = (id, value) => {
  const { input, output, slider } = inputs.get(id);
  input.value = value;
  const shown = Number(value).toLocaleString("en", { maximumFractionDigits: slider.step < 1 ? 2 : 0 });
  output.textContent = shown.replace("-", "−") + slider.unit;
  input.setAttribute("aria-valuetext", shown + (slider.unit === "°" ? " degrees" : slider.unit));
  const share = (input.value - slider.min) / (slider.max - slider.min);
  input.style.setProperty("--share", `${share * 100}%`);
};
const turn = latest("turn");
const send = (live) => {
  const data = { live, values: Object.fromEntries([...inputs].map(([id, { input }]) => [id, Number(input.value)])), gesture: `turn ${gesture}` };
  if (live) { say("live", { act: "turn", ...data }); return; }
  say("live-end");
  turn(data);
};
hear("joints", ({ values }) => Object.entries(values).forEach(([id, number]) => { if (inputs.has(id)) write(id, number); }));

setup.groups.forEach((group) => {
  const rows = group.sliders.map((slider) => {
    const id = `joint-${slider.id.replace(/\W/g, "-")}`;
    const input = make("input", { type: "range", id, min: slider.min, max: slider.max, step: slider.step, "data-id": slider.id });
    const output = make("output", { for: id, title: "Double-click for the middle position" });
    inputs.set(slider.id, { input, output, slider });
    write(slider.id, slider.rest);
    input.addEventListener("pointerdown", () => { gesture += 1; holding = true; });
    input.addEventListener("focus", () => { gesture += 1; });
    input.addEventListener("input", () => { write(slider.id, input.value); send(holding); });
    input.addEventListener("change", () => { if (holding) { holding = false; send(false); } });
    output.addEventListener("dblclick", () => { gesture += 1; write(slider.id, slider.rest); send(false); });
    return make("div", { class: "joint" }, make("label", { for: id, text: slider.label }), output, input);
  });
  box.append(make("details", { class: group.wide ? "joint-group wide" : "joint-group", open: group.open }, make("summary", { text: group.label }),
    make("div", { class: "joint-rows" }, ...rows)));
});

showing(({ values }) => {
  if (holding) return;  // the hand on the slider knows better
  Object.entries(values).forEach(([id, number]) => { if (inputs.has(id)) write(id, number); });
});
