// A photo and its IUV map, chosen together. Nothing is sent before "Use this photo" is pressed, and what was chosen stays.
const use = element.querySelector(".upload-use"), status = element.querySelector(".upload-status");
const chosen = { photo: null, iuv: null };
let newest = -1, patience = null;

const put = (kind, text) => {
  status.className = `upload-status ${kind}`;
  status.textContent = text;
  if (text) status.scrollIntoView({ block: "nearest" });  // on a small screen it would lie below the edge
};
const ready = () => { use.classList.toggle("ready", Boolean(chosen.photo)); };

element.querySelectorAll(".upload-slot").forEach((slot) => {
  const kind = slot.dataset.kind, input = slot.querySelector("input"), picture = slot.querySelector("img");
  const take = (file) => {
    if (!file) return;
    chosen[kind] = file;
    if (picture.src) URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(file);
    slot.classList.add("full");
    slot.querySelector(".upload-name").textContent = file.name;
    put("", "");
    ready();
  };
  picture.addEventListener("error", () => slot.classList.add("blind"));
  picture.addEventListener("load", () => slot.classList.remove("blind"));
  input.addEventListener("change", () => take(input.files[0]));
  slot.addEventListener("dragover", (event) => { event.preventDefault(); slot.classList.add("over"); });
  slot.addEventListener("dragleave", () => slot.classList.remove("over"));
  slot.addEventListener("drop", (event) => {
    event.preventDefault();
    slot.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
});

const send = async (closer) => {
  if (use.getAttribute("aria-busy") === "true") return;
  try {
    const [photo, iuv] = await Promise.all(["photo", "iuv"].map((kind) => chosen[kind] && packed(chosen[kind])));
    use.setAttribute("aria-busy", "true");
    put("", "Reading …");
    patience = setTimeout(() => {
      use.setAttribute("aria-busy", "false");
      put("warning", "The server has not answered. Your choice is still here: try again.");
    }, 60000);
    trigger("use", { photo, iuv: closer ? null : iuv, closer });
  } catch (error) { put("warning", error.message); }
};
use.addEventListener("click", () => send(false));
element.querySelector(".upload-closer").addEventListener("click", () => send(true));
element.querySelector(".upload-lay").addEventListener("click", async () => {
  try { trigger("lay", { photo: chosen.photo && await packed(chosen.photo) }); } catch (error) { put("warning", error.message); }
});
const agree = element.querySelector(".upload-agree input");
agree.addEventListener("change", () => trigger("agree", { on: agree.checked }));
element.querySelector(".upload-forget").addEventListener("click", () => {
  element.querySelectorAll(".upload-slot").forEach((slot) => {
    slot.classList.remove("full", "blind");
    slot.querySelector("input").value = "";
    slot.querySelector(".upload-name").textContent = "Choose or drop";
    const picture = slot.querySelector("img");
    if (picture.src) URL.revokeObjectURL(picture.src);
    picture.removeAttribute("src");
  });
  chosen.photo = chosen.iuv = null;
  agree.checked = false;
  ready();
  put("", "");
  say("forget");
  trigger("forget");
});
watch("value", () => {
  const value = props.value;
  if (!value || !(value.serial > newest)) return;
  newest = value.serial;
  clearTimeout(patience);
  use.setAttribute("aria-busy", "false");
  put(value.kind, value.text);
});
