// A colour or a pattern for a region or for chosen body parts.
const $ = (name) => element.querySelector(`.cover-${name}`);
const area = $("area").querySelector("select"), colour = $("colour").querySelector("input"), go = $("go"), none = $("none");
const file = $("pattern").querySelector("input"), told = $("pattern").querySelector("span"), shaded = $("shaded"), garment = $("garment");
const sliders = Object.fromEntries([...element.querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input]));
const boxes = [...element.querySelectorAll(".parts-list input")];
const cover = latest("cover");
let pattern = null, given = null, gesture = 0;  // the pattern, and for which area it was given already

const bring = $("bring").querySelector("input");
bring.addEventListener("change", async () => {
  try {
    if (bring.files.length) say("bring", { files: await Promise.all([...bring.files].slice(0, 3).map(packed)) });
  } catch (error) { warn(error.message); }
  bring.value = "";
});
const chosen = () => boxes.filter((box) => box.checked).map((box) => Number(box.value));
const where = () => (area.value === "parts" ? { parts: chosen() } : { region: area.value });
const write = (input) => {
  input.parentNode.querySelector("output").textContent = input.value.replace("-", "−") + input.dataset.unit;
  input.style.setProperty("--share", `${((input.value - input.min) / (input.max - input.min)) * 100}%`);
};
const send = () => {
  if (area.value === "parts" && !chosen().length) { warn("Choose body parts first, under “Body parts, one by one”."); return; }
  const place = JSON.stringify(where());
  const again = pattern && given === place;
  cover({ ...where(), colour: colour.value, pattern: again ? null : pattern, keep: Boolean(again), shaded: shaded.checked,
    garment_only: garment.checked && area.value !== "parts",
    scale: Number(sliders.scale.value), angle: Number(sliders.angle.value), gesture: `cover ${gesture}` });
  given = pattern ? place : null;
};
const paint = (shade, region) => {  // one colour, nothing but the garment there
  gesture += 1;
  cover({ region, colour: shade, pattern: null, keep: false, shaded: true, garment_only: true, scale: 12, angle: 0, gesture: `cover ${gesture}` });
};
hear("colour", ({ colour: shade, region }) => paint(shade, region));
element.querySelectorAll(".cover-swatch").forEach((swatch) => {
  carry(swatch, { colour: swatch.dataset.colour, label: swatch.title });
  swatch.addEventListener("click", () => {
    colour.value = swatch.dataset.colour;
    paint(swatch.dataset.colour, area.value === "parts" ? "upper" : area.value);
  });
});
const take = async (picked) => {
  if (!picked) return;
  try {
    pattern = await packed(picked);
    given = null;
    told.textContent = `Pattern: ${picked.name}`;
    none.hidden = false;
    go.textContent = "Wear this pattern";
  } catch (error) { warn(error.message); }
};
Object.values(sliders).forEach((input) => {
  write(input);
  input.addEventListener("pointerdown", () => { gesture += 1; });
  input.addEventListener("input", () => { write(input); if (given) send(); });
});
go.addEventListener("click", () => { gesture += 1; send(); });
none.addEventListener("click", () => {
  pattern = given = null;
  file.value = "";
  told.textContent = "Pattern: none. Choose or drop a picture";
  none.hidden = true;
  go.textContent = "Colour it";
});
file.addEventListener("change", () => take(file.files[0]));
$("pattern").addEventListener("dragover", (event) => { event.preventDefault(); $("pattern").classList.add("over"); });
$("pattern").addEventListener("dragleave", () => $("pattern").classList.remove("over"));
$("pattern").addEventListener("drop", (event) => {
  event.preventDefault();
  $("pattern").classList.remove("over");
  take(event.dataTransfer.files[0]);
});
const only = () => { garment.disabled = area.value === "parts"; };
area.addEventListener("change", only);
boxes.forEach((box) => box.addEventListener("change", () => {
  say("parts", { parts: chosen() });
  if (chosen().length) area.value = "parts";
  only();
}));
