// Keys that work wherever one is on the page. What has the focus by the keyboard keeps its own: Space presses a button.
const list = element.querySelector(".keys");
element.querySelector(".keys-open").addEventListener("click", () => list.showModal());
element.querySelector(".keys-close").addEventListener("click", () => list.close());
list.addEventListener("click", (event) => { if (event.target === list) list.close(); });

const TABS = ["1", "2", "3", "4"];
const types = (node) => Boolean(node?.closest?.("input:not([type=range], [type=checkbox], [type=color]), textarea, select, [contenteditable]"));
let byKeys = false;  // how the focus came to where it is; `:focus-visible` says yes from the first key on
const usesSpace = (node) => types(node) || (byKeys && node !== document.body);
let looking = false;
const lookBack = (on) => { if (on !== looking) { looking = on; say("original", { on }); } };

onDocument("pointerdown", () => { byKeys = false; });
onDocument("keydown", (event) => {
  if (event.key === "Tab" || event.key.startsWith("Arrow")) byKeys = true;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); say("go"); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !event.defaultPrevented) { say("leave"); return; }
  if (types(event.target)) return;
  if (event.key === " ") {
    if (usesSpace(event.target)) return;
    event.preventDefault();  // else the page would scroll, or what was clicked last be pressed again
    lookBack(true);
  } else if (TABS.includes(event.key)) {
    document.querySelectorAll("#edit-tabs [role=tab]")[TABS.indexOf(event.key)]?.click();
  } else if (event.key === "[" || event.key === "]") {
    say("brush-by", { by: event.key === "]" ? 1 : -1 });
  } else if (event.key === "?") {
    list.showModal();
  }
});
onDocument("keyup", (event) => {
  if (event.key !== " " || !looking) return;
  event.preventDefault();
  lookBack(false);
});
window.addEventListener("blur", () => lookBack(false));
