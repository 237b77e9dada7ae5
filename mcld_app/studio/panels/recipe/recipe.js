// Recipes from a file that is chosen here; dropped ones come with all other files.
const field = element.querySelector("input");
field.addEventListener("change", async () => {
  const file = field.files[0];
  if (!file) return;
  try { trigger("open", { file: await packed(file) }); } catch (error) { warn(error.message); }
  field.value = "";
});
showing(({ opened }) => say("settings", opened));
