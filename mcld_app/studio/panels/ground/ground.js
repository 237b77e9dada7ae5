// What is seen around the person.
const kinds = [...element.querySelectorAll(".ground-kinds > *")];
const colour = element.querySelector(".ground-colour"), picture = element.querySelector(".ground-picture");
const choose = latest("choose");
const mark = (kind) => kinds.forEach((each) => {
  const on = (each.dataset.kind || each.className.match(/ground-(\w+)/)[1]) === kind;
  if (each.tagName === "BUTTON") each.setAttribute("aria-pressed", String(on));
  each.classList.toggle("chosen", on);
});
kinds.filter((each) => each.dataset.kind).forEach((button) => button.addEventListener("click", () => {
  mark(button.dataset.kind);
  choose({ kind: button.dataset.kind });
}));
const tint = colour.querySelector("input");
const paint = () => { colour.style.setProperty("--ground", tint.value); };
const pick = () => { paint(); mark("colour"); choose({ kind: "colour", colour: tint.value }); };
tint.addEventListener("input", pick);
// The colour that is shown already is chosen by pressing it: a browser tells of another one only.
tint.addEventListener("click", () => { if (!colour.classList.contains("chosen")) pick(); });
picture.querySelector("input").addEventListener("change", (event) => {
  const file = event.target.files[0];
  event.target.value = "";
  if (!file) return;
  packed(file).then((sent) => trigger("bring", { file: sent })).catch((error) => warn(error.message));
});
paint();
showing((value) => {
  mark(value.kind);
  if (value.colour) { tint.value = value.colour; paint(); }
  picture.style.setProperty("--ground", value.picture ? `url(${value.picture})` : "none");
});
