// How far the face goes over into the chosen one, and how much it counts.
const root = element.querySelector(".mix"), texels = element.querySelector(".mix-texels"), drop = element.querySelector(".mix-drop");
const inputs = Object.fromEntries([...element.querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input]));
const follows = element.querySelector(".mix-follows");
const mix = latest("mix"), weigh = latest("weigh");
let gesture = 0, holding = false;

const write = (name, value) => {
  const input = inputs[name];
  input.value = value;
  const said = name === "share" ? `${Math.round(value * 100)}%` : Number(value).toFixed(2).replace(/0$/, "");
  input.parentNode.querySelector("output").textContent = said;
  input.setAttribute("aria-valuetext", said);
  input.style.setProperty("--share", `${((value - input.min) / (input.max - input.min)) * 100}%`);
};
const send = (name) => {
  if (name === "weight") weigh({ weight: Number(inputs.weight.value), gesture: `weigh ${gesture}` });
  else mix({ share: Number(inputs.share.value), texels: texels.checked, gesture: `mix ${gesture}` });
};
for (const [name, input] of Object.entries(inputs)) {
  write(name, input.value);
  input.addEventListener("pointerdown", () => { gesture += 1; holding = true; });
  input.addEventListener("focus", () => { gesture += 1; });
  input.addEventListener("input", () => { write(name, input.value); send(name); });
  input.addEventListener("change", () => { holding = false; });
}
texels.addEventListener("change", () => { gesture += 1; send("share"); });
follows.addEventListener("change", () => trigger("skin", { on: follows.checked }));

showing((value) => {
  if (holding) return;  // the hand on the slider knows better
  root.classList.toggle("alone", !value.mixed);
  inputs.share.disabled = texels.disabled = !value.mixed;
  write("share", value.share);
  write("weight", value.weight);
  texels.checked = value.texels;
  follows.checked = value.skin && value.texels;
  follows.disabled = !value.texels;  // a head that stays as it is keeps its own skin
});

const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
drop.addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); drop.classList.add("over"); } });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
const take = async (files) => {
  if (!files.length) return;
  try {
    trigger("files", { files: await Promise.all([...files].slice(0, 3).map(packed)) });
  } catch (error) { warn(error.message); }
};
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
const field = drop.querySelector("input");
field.addEventListener("change", async () => { await take(field.files); field.value = ""; });
