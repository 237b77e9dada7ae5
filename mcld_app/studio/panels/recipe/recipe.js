// Recipes: from a file, or dropped anywhere on the page that wants no file of its own.
const field = element.querySelector("input");
const take = async (file) => {
  if (!file) return;
  try { trigger("open", { file: await packed(file) }); } catch (error) { warn(error.message); }
  field.value = "";
};
field.addEventListener("change", () => take(field.files[0]));

const isRecipe = (file) => /json$/.test(file.type) || /\.json$/i.test(file.name);
const dropped = (event) => {
  if (!element.isConnected) { document.removeEventListener("drop", dropped); return; }
  if (event.defaultPrevented) return;
  const files = [...(event.dataTransfer?.files || [])];
  if (files.length === 1 && (isRecipe(files[0]) || files[0].type === "image/png")) { event.preventDefault(); take(files[0]); return; }
  if (!files.length) return;
  event.preventDefault();  // a photo that opened in a tab of its own would look as if it had been taken
  tell("Drop a photo of somebody on “Your own photo”, and clothes on the large picture.");
};
document.addEventListener("drop", dropped);
document.addEventListener("dragover", (event) => {  // else the browser would open the file instead of the page
  if ([...(event.dataTransfer?.types || [])].includes("Files")) event.preventDefault();
});
hear("recipe-file", ({ file }) => take(file));
showing(({ opened }) => say("settings", opened));
