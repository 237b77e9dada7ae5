// The visitor's own poses, in this browser's storage: names, angles and views, nothing else.
const $ = (name) => element.querySelector(`.library-${name}`);
const root = element.querySelector(".library"), list = $("list"), search = $("search"), nameField = $("name"), add = $("add");
const KEY = "mcld-poses";
let poses = [], pictures = new Map(), now = null, deleted = null, renaming = null;

// ---- the storage --------------------------------------------------------------------------------------------

const isKept = (one) => one && typeof one.id === "string" && typeof one.name === "string" && typeof one.pose === "string" && one.pose.length < 65536;
const load = () => {
  try {
    const told = JSON.parse(localStorage.getItem(KEY) || "[]");
    poses = Array.isArray(told) ? told.filter(isKept).slice(0, setup.most) : [];
  } catch { poses = []; }
};
const store = () => {
  try { localStorage.setItem(KEY, JSON.stringify(poses)); return true; } catch {
    warn("This browser keeps nothing for this page. Download your poses instead.");
    return false;
  }
};
const change = (to) => { poses = to; store(); show(); };
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
/** A pose's own text carries its name, too: that is what a file and the page call it. */
const renamed = (pose, name) => JSON.stringify({ ...JSON.parse(pose), name });
const plain = (pose) => JSON.stringify(JSON.parse(pose));
const freeName = (name, others) => {
  const taken = new Set(others.map((one) => one.name.toLowerCase()));
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${name} (${n})`;
  return free;
};
const said = (text, undo = null) => {
  $("said").querySelector("span").textContent = text;
  deleted = undo;
  $("undo").hidden = !undo;
};

// ---- what is shown ------------------------------------------------------------------------------------------

const found = () => {
  const words = search.value.trim().toLowerCase().split(/\s+/);
  return poses.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
};
const item = (one) => {
  const picture = pictures.get(one.pose);
  const use = make("button", { type: "button", class: "picker-item library-use", title: picture?.problem || one.name, disabled: Boolean(picture?.problem) },
    make("span", { class: "picker-frame" }, picture?.src ? make("img", { src: picture.src, alt: "", width: 99, height: 144, draggable: "false" })
      : make("span", { class: "picker-blank" })));
  const naming = renaming === one.id;
  const label = naming ? make("input", { type: "text", class: "library-rename", value: one.name, maxlength: 60, "aria-label": "The new name" })
    : make("span", { class: "picker-name", text: one.name });
  if (!naming) use.append(label);
  use.addEventListener("click", () => trigger("use", { pose: one.pose }));
  const rename = make("button", { type: "button", "aria-label": `Rename “${one.name}”`, title: "Rename", text: "✎" });
  const drop = make("button", { type: "button", "aria-label": `Delete “${one.name}”`, title: "Delete", text: "×" });
  rename.addEventListener("click", () => { renaming = one.id; show(); const field = list.querySelector(".library-rename"); field?.focus(); field?.select(); });
  drop.addEventListener("click", () => {
    const at = poses.indexOf(one);
    change(poses.filter((other) => other !== one));
    said(`“${one.name}” is deleted.`, { one, at });
    $("undo").focus();
  });
  if (naming) {
    let over = false;
    const end = (keeps) => {
      if (over) return;
      over = true;
      renaming = null;
      const name = label.value.trim().replace(/\s+/g, " ");
      if (!keeps || !name || name === one.name) { show(); return; }
      const free = freeName(name, poses.filter((other) => other !== one));
      change(poses.map((other) => (other === one ? { ...one, name: free, pose: renamed(one.pose, free) } : other)));
    };
    label.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") { event.stopPropagation(); end(false); }
    });
    label.addEventListener("blur", () => end(true));
  }
  return make("div", { class: "library-item" }, use, naming ? label : null, make("div", { class: "library-acts" }, rename, drop));
};
const show = () => {
  const some = found();
  $("count").textContent = poses.length || "";
  search.hidden = poses.length < 2;
  $("save").disabled = !poses.length;
  list.replaceChildren(...some.map(item));
  if (poses.length && !some.length) list.replaceChildren(make("p", { class: "library-none", text: "No pose of yours has that in its name." }));
  if (root.open) draw();
};
let drawing = false;
/** Small pictures of those that have none yet, some at a time. */
const draw = async () => {
  if (drawing) return;
  drawing = true;
  try {
    for (;;) {
      const next = found().map(({ pose }) => pose).filter((pose) => !pictures.has(pose)).slice(0, setup.atOnce);
      if (!next.length || !root.open) break;
      const told = await server.drawn({ poses: next });
      next.forEach((pose, i) => pictures.set(pose, told[i] || { problem: "It could not be drawn." }));
      const had = list.contains(document.activeElement);
      if (!renaming && !had) list.replaceChildren(...found().map(item));
      else [...list.querySelectorAll(".library-use")].forEach((button, i) => {  // a focus is not taken away
        const picture = pictures.get(found()[i]?.pose), blank = button.querySelector(".picker-blank");
        if (picture?.src && blank) blank.replaceWith(make("img", { src: picture.src, alt: "", width: 99, height: 144, draggable: "false" }));
      });
    }
  } catch { /* without pictures, they have names */ } finally { drawing = false; }
};

// ---- what is done -------------------------------------------------------------------------------------------

const keep = (told, name) => {
  const free = freeName(name, poses);
  poses = [{ id: newId(), name: free, pose: renamed(told, free) }, ...poses];
  return free;
};
add.addEventListener("click", () => {
  if (!now) return;
  if (poses.length >= setup.most) { warn(`You have ${setup.most} poses already. Download them and delete some.`); return; }
  const name = keep(now, nameField.value.trim().replace(/\s+/g, " ") || nameField.placeholder);
  nameField.value = "";
  search.value = "";
  const stored = store();
  show();
  if (stored) said(`“${name}” is kept.`);
});
nameField.addEventListener("keydown", (event) => { if (event.key === "Enter") add.click(); });
search.addEventListener("input", show);
$("undo").addEventListener("click", () => {
  if (!deleted) return;
  const { one, at } = deleted, back = [...poses];
  back.splice(at, 0, one);
  change(back);
  said(`“${one.name}” is back.`);
});
$("save").addEventListener("click", () => {
  const told = { format: "mcld-poses", version: 1, poses: poses.map(({ pose }) => JSON.parse(pose)) };
  const url = URL.createObjectURL(new Blob([JSON.stringify(told, null, 1)], { type: "application/json" }));
  const link = make("a", { href: url, download: "mcld-poses.json" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
});
const open = async (files) => {
  let read = 0;
  const problems = [];
  for (let at = 0; at < files.length; at += setup.atOnce) {
    const some = await Promise.all(files.slice(at, at + setup.atOnce).map((file) => packed(file).catch((error) => { problems.push(error.message); return null; })));
    const told = await server.opened({ files: some.filter(Boolean) });
    problems.push(...told.problems);
    told.poses.forEach(({ name, pose }) => {
      if (poses.some((known) => plain(known.pose) === plain(pose))) return;  // the same again
      if (poses.length < setup.most) { keep(pose, name); read += 1; } else if (!problems.includes("full")) problems.push("full");
    });
  }
  store();
  show();
  said(read === 1 ? "One pose is here now." : `${read} poses are here now.`);
  const full = problems.includes("full") ? ` ${setup.most} poses are the most that are kept.` : "";
  const others = problems.filter((problem) => problem !== "full");
  const more = others.length > 1 ? ` ${others.length - 1} more could not be read.` : "";
  if (others.length || full) warn(`${others[0] || ""}${more}${full}`.trim());
};
const take = (files) => open(files).catch(() => warn("The files could not be read. Try again."));
const isJson = ({ name }) => name.toLowerCase().endsWith(".json");
/** Those of a folder's files that may hold poses. */
const openFolder = (files) => {
  const some = files.filter(isJson);
  if (some.length) take(some.slice(0, setup.most));
  else warn("There are no poses in this folder: they are files whose names end in “.json”.");
};
element.querySelectorAll(".library-open input").forEach((field) => field.addEventListener("change", () => {
  (field.webkitdirectory && field.closest(".library-folder") ? openFolder : take)([...field.files]);
  field.value = "";
}));
if (!("webkitdirectory" in $("folder").querySelector("input"))) $("folder").remove();

/** The files of what was dropped, in folders and in those within them, up to as many as there can be poses. */
const filesWithin = async (entries, found = []) => {
  for (const entry of entries) {
    if (found.length >= 20 * setup.most) break;  // somebody's whole disk
    if (entry.isFile) found.push(await new Promise((resolve, reject) => { entry.file(resolve, reject); }));
    if (!entry.isDirectory) continue;
    const reader = entry.createReader();
    for (;;) {  // a hundred at a time
      const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
      if (!some.length) break;
      await filesWithin(some, found);
    }
  }
  return found;
};
root.addEventListener("dragover", (event) => { event.preventDefault(); });
root.addEventListener("drop", (event) => {
  const entries = [...(event.dataTransfer?.items || [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const folder = entries.some((entry) => entry.isDirectory), files = [...(event.dataTransfer?.files || [])];
  if (!folder && !(files.length && files.every(isJson))) return;  // a photo shows somebody's pose: it goes where all photos go
  event.preventDefault();
  root.open = true;
  if (folder) filesWithin(entries).then(openFolder).catch(() => warn("The folder could not be read. Try again."));
  else take(files);
});
root.addEventListener("toggle", () => { if (root.open) draw(); });
const elsewhere = (event) => {  // another window of the same visitor
  if (!element.isConnected) window.removeEventListener("storage", elsewhere);
  else if (event.key === KEY || event.key === null) { load(); show(); }
};
window.addEventListener("storage", elsewhere);
showing(({ pose, name }) => {
  now = pose;
  add.disabled = !pose;
  add.title = pose ? "" : "Press “Pose by hand” first: a photo’s own pose cannot be kept as it is.";
  nameField.placeholder = name && name !== "your own" ? name : "My pose";
});
load();
show();
