// Recipes from a file that is chosen here; dropped ones come with all other files.
const field = element.querySelector("input");
field.addEventListener("change", async () => {
  const file = field.files[0];
  if (!file) return;
  try { trigger("open", { file: await packed(file) }); } catch (error) { warn(error.message); }
  field.value = "";
});
showing(({ opened }) => say("settings", opened));

// A link that was opened: its look is asked for once the page has its session, and the address is plain again, so that
// a reload keeps what was edited since.
const address = new URL(location.href), look = address.searchParams.get("look");
if (look !== null) {
  address.searchParams.delete("look");
  history.replaceState(null, "", address);
  let asked = false;
  hear("answered", () => { if (!asked) { asked = true; trigger("link", { look }); } });
}
