// The list of edits, in the order they are made: later ones lie over earlier ones.
const box = element.querySelector(".edits-box"), list = element.querySelector(".edits-list");

const button = (cls, label, text, act) => {
  const made = make("button", { type: "button", class: cls, "aria-label": label, title: label.split(":")[0], text });
  made.addEventListener("click", act);
  return made;
};
let chosen = [];  // body parts
hear("parts", ({ parts }) => { chosen = parts; });
/** Where a garment is worn: any other place is one choice away. */
const where = (edit, i) => {
  const places = { ...setup.regions, ...(edit.region === "parts" || chosen.length ? { parts: "Chosen parts" } : {}) };
  const select = make("select", { class: "edit-place", "aria-label": `${edit.label}: where`, title: "Where it is worn" },
    ...Object.entries(places).map(([id, text]) => make("option", { value: id, text, selected: id === edit.region })));
  select.addEventListener("change", () => trigger("place", { index: i, ...(select.value === "parts" ? { parts: chosen } : { region: select.value }) }));
  return select;
};
const row = (edit, i, all) => {
  const on = make("input", { type: "checkbox", checked: edit.on, "aria-label": `${edit.label}: on` });
  on.addEventListener("change", () => trigger("switch", { index: i, on: on.checked }));
  const up = button("edits-move", `Move up: ${edit.label}`, "↑", () => trigger("move", { index: i, to: i - 1 }));
  const down = button("edits-move", `Move down: ${edit.label}`, "↓", () => trigger("move", { index: i, to: i + 1 }));
  up.disabled = i === 0;
  down.disabled = i === all.length - 1;
  const loose = edit.off === null ? null : button("edits-loose", `Stands off the body: ${edit.label}`, "◠",
    () => trigger("standoff", { index: i, on: !edit.off }));
  loose?.setAttribute("aria-pressed", String(edit.off));
  return make("li", { class: edit.on ? "edit" : "edit off" }, on, make("img", { src: edit.src, alt: "" }),
    make("span", { class: "edit-label", text: edit.label, title: edit.label }), edit.region ? where(edit, i) : make("span", { class: "edit-place", text: edit.place }),
    make("span", { class: "edit-acts" },
      edit.adjust ? button("edits-adjust", `Adjust: ${edit.label}`, "Adjust", () => trigger("adjust", { index: i })) : null,
      loose, all.length > 1 ? up : null, all.length > 1 ? down : null),
    button("edits-remove", `Delete: ${edit.label}`, "×", () => trigger("remove", { index: i })));
};
const show = ({ edits }) => {
  const focused = document.activeElement && list.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  const at = focused ? [...list.children].indexOf(document.activeElement.closest("li")) : -1;
  list.replaceChildren(...edits.map(row));
  box.classList.toggle("bare", !edits.length);
  if (!focused) return;
  const same = [...list.querySelectorAll("[aria-label]")].find((node) => node.getAttribute("aria-label") === focused);
  const next = list.children[Math.min(at, list.children.length - 1)]?.querySelector(".edits-remove");  // it was deleted
  (same || next || document.querySelector(".stage [data-act=undo]"))?.focus();
};
show({ edits: [] });
showing(show);
