// Files that come to the page in any way. What they are, the server finds out; here it is noted where they came to.
const MOST = 6;  // that are sent at once; how many more there were is said

const isFolder = (item) => Boolean(item.webkitGetAsEntry?.()?.isDirectory);

const bring = async (files, place = {}) => {
  const all = [...files];
  if (!all.length) return;
  say("bringing");
  if (all.length > 1) tell(`Looking at ${all.length > MOST ? `${MOST} of ${all.length}` : all.length} files …`);
  try {
    trigger("bring", { ...place, files: await Promise.all(all.slice(0, MOST).map(packed)), count: all.length });
  } catch (error) { warn(error.message); say("answered"); }
};

/** The files of a drop or of the clipboard; null, and a sentence, where there is nothing to read among them. */
const filesOf = (transfer) => {
  const folder = [...(transfer?.items || [])].some((item) => item.kind === "file" && isFolder(item));
  if (folder) { warn("That is a folder. Open it, and drop the pictures themselves. A folder of poses goes to “Your poses”, under “Pose”."); return null; }
  return [...(transfer?.files || [])];
};

element.querySelectorAll("input").forEach((field) => field.addEventListener("change", () => {
  bring(field.files, { where: "person" });
  field.value = "";
}));
hear("brought", ({ transfer, region }) => {  // dropped on the person
  const files = filesOf(transfer);
  if (files) bring(files, { region });
});

/** Among the poses a photo is somebody's pose; among the people, and anywhere else, it is somebody. */
const whereOf = (target) => {
  if (!target?.closest?.("#area-edit")) return "";
  return document.querySelector("#edit-tabs [role=tab][aria-selected=true]")?.textContent.trim().toLowerCase() === "pose" ? "pose" : "";
};
const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
onDocument("dragover", (event) => {  // else the browser would open the file instead of the page
  if (carriesFiles(event)) event.preventDefault();
});
onDocument("drop", (event) => {
  if (event.defaultPrevented || !carriesFiles(event)) return;
  event.preventDefault();
  const files = filesOf(event.dataTransfer);
  if (files) bring(files, { where: whereOf(event.target) });
});
onDocument("paste", (event) => {
  const files = filesOf(event.clipboardData);
  if (!files || !files.length) return;
  event.preventDefault();
  if (document.querySelector(".held, .painting")) {  // a stroke must not end on somebody else
    warn("Let go of what you hold, then paste again.");
    return;
  }
  bring(files);
});
