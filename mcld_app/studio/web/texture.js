// The texture map, how much of it some photo showed, and whether the rest is guessed.
const fill = element.querySelector(".texture-fill");
let newest = -1;
const show = () => {
  const value = props.value;
  if (!value || !value.texture || value.serial < newest) return;
  newest = value.serial;
  element.querySelector(".texture-map").src = value.texture;
  element.querySelector(".texture-seen").src = value.seen;
  element.querySelector(".texture-share").textContent = value.share;
  fill.checked = value.fill;
};
fill.addEventListener("change", () => trigger("fill", { on: fill.checked }));
watch("value", show);
show();
