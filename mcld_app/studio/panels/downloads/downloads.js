// Downloads are made when asked for and kept nowhere: the answer goes straight into a file of the visitor.
const buttons = [...element.querySelectorAll("button")];
let newest = 0;
/** The address of this page that opens a look; where the browser copies nothing by itself, to be copied by hand. */
const copyLink = async (look) => {
  const address = `${location.origin}${location.pathname}?look=${look}`;
  try {
    await navigator.clipboard.writeText(address);
    tell("The link is copied. Whoever opens it sees this look.");
  } catch { window.prompt("Copy this link. Whoever opens it sees this look.", address); }
};
const copyPicture = async (blob) => {
  try {
    await navigator.clipboard.write([new ClipboardItem({ [blob.type]: blob })]);
    tell("The picture is copied.");
  } catch { warn("This browser lets no page copy a picture. Press Download instead."); }
};
buttons.forEach((button) => button.addEventListener("click", () => {
  button.setAttribute("aria-busy", "true");
  setTimeout(() => button.removeAttribute("aria-busy"), 20000);
  const asked = {};
  say("asked-now", asked);  // the fields under Generate fill it in, before this goes on
  trigger("want", { what: button.dataset.what, asked: "steps" in asked ? asked : null });
}));
hear("want", (data) => trigger("want", data));
watch("value", () => {
  const value = props.value;
  buttons.forEach((button) => button.removeAttribute("aria-busy"));
  if (value && value.problem && value.serial > newest) { newest = value.serial; warn(value.problem); return; }
  if (!value || !value.data || !(value.serial > newest)) return;
  newest = value.serial;
  if (value.name === "link") { copyLink(atob(value.data)); return; }
  const bytes = Uint8Array.from(atob(value.data), (c) => c.charCodeAt(0));
  if (value.copied) { copyPicture(new Blob([bytes], { type: value.kind })); return; }
  const url = URL.createObjectURL(new Blob([bytes], { type: value.kind || "image/png" }));
  const link = make("a", { href: url, download: value.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  if (value.say) tell(value.say);
});
