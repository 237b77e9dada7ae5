// The texture map, its coverage, how holes are filled, and the brush, which also paints on the stage's pictures.
const $ = (name) => element.querySelector(`.${name}`);
const root = $("brush"), fill = $("texture-fill"), colour = $("brush-colour").querySelector("input");
const part = $("brush-part").querySelector("select"), size = $("brush-size").querySelector("input");
const tool = { where: "map", erase: false };

const SAYS = {
  map: "Paint on the texture map below.",
  person: "Paint on the picture: the strokes go round with the body into every pose.",
  pose: "Paint body parts on the IUV map, which stands where the picture was. Eraser takes parts away.",
};
part.append(...setup.parts.map(({ id, label }) => make("option", { value: id, text: label })));
part.value = 2;

/** What is in hand, for the stage too; nothing while this tab is not the open one. */
const inHand = () => ({ colour: colour.value, size: Number(size.value), erase: tool.erase, part: tool.erase ? 0 : Number(part.value) });
const tellStage = () => say("brush", { where: element.offsetParent ? tool.where : null, ...inHand() });
const set = (changes) => {
  Object.assign(tool, changes);
  root.dataset.where = tool.where;
  root.querySelectorAll("button[data-where]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.where === tool.where)));
  element.querySelectorAll("[data-tool]").forEach((b) => b.setAttribute("aria-pressed", String((b.dataset.tool === "eraser") === tool.erase)));
  $("brush-say").textContent = SAYS[tool.where];
  tellStage();
};
root.querySelectorAll("button[data-where]").forEach((b) => b.addEventListener("click", () => set({ where: b.dataset.where })));
root.querySelectorAll("button[data-tool]").forEach((b) => b.addEventListener("click", () => set({ erase: b.dataset.tool === "eraser" })));
for (const input of [colour, part, size]) input.addEventListener("input", tellStage);
hear("tab", tellStage);
hear("brush-by", ({ by }) => {
  size.value = Math.round(Number(size.value) * (by > 0 ? 1.25 : 0.8)) + (by > 0 ? 1 : 0);
  size.dispatchEvent(new Event("input"));
});
hear("leave", () => { if (tool.where !== "map") set({ where: "map" }); });

const canvas = paintable($("texture-brush"), () => (tool.where === "map" ? inHand() : null),
  (strokes) => trigger("paint", { on: "map", strokes, erase: tool.erase }));

const show = (value) => {
  element.querySelector(".texture-map").src = value.texture;
  element.querySelector(".texture-seen").src = value.seen;
  element.querySelector(".texture-share").textContent = value.share;
  fill.value = value.fill;
  canvas.clear();
};
const photo = $("texture-photo");
hear("people", ({ items }) => {  // only the visitor's own people have other photos
  const own = items.filter((item) => item.id.startsWith("own:"));
  photo.replaceChildren(make("option", { value: "", text: own.length ? "Choose …" : "None of your own yet" }),
    ...own.map((item) => make("option", { value: item.id, text: item.label })));
});
photo.addEventListener("change", () => { if (photo.value) trigger("photo", { id: photo.value }); photo.value = ""; });
const file = $("texture-open").querySelector("input");
file.addEventListener("change", async () => {
  try { if (file.files[0]) trigger("open", { file: await packed(file.files[0]) }); } catch (error) { warn(error.message); }
  file.value = "";
});
fill.addEventListener("change", () => trigger("fill", { how: fill.value }));
showing(show);
opening();
set({});
