// Poses from elsewhere: of another picture, or from a file.
const select = element.querySelector("select"), file = element.querySelector("input[type=file]");
hear("people", ({ items }) => {  // whoever can be chosen as a person can lend their pose
  select.replaceChildren(make("option", { value: "", text: "Choose …" }), ...items.map((item) => make("option", { value: item.id, text: item.label })));
});
select.addEventListener("change", () => {
  if (select.value) trigger("of", { id: select.value, map: element.querySelector(".borrow-map").checked });
  select.value = "";
});
element.querySelector(".borrow-save").addEventListener("click", () => say("want", { what: "pose" }));
file.addEventListener("change", async () => {
  try { if (file.files[0]) trigger("open", { file: await packed(file.files[0]) }); } catch (error) { warn(error.message); }
  file.value = "";
});
