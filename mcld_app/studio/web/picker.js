// A set of small pictures to choose from. With `carry`, each can also be dragged onto the person.
const box = element.querySelector(".picker");
box.setAttribute("aria-label", setup.title);
let items = [], drawn = [];  // everybody's, and the visitor's own
let wanted = null;  // the choice just made, shown before the server has answered

const pick = latest("pick");
const options = () => [...box.querySelectorAll("[role=option]")];
const valueOf = () => (props.value && typeof props.value === "object" ? props.value : {});

const mark = (id) => {
  const all = options();
  all.forEach((option) => {
    option.setAttribute("aria-selected", String(option.dataset.id === id));
  });
  if (!all.includes(document.activeElement)) {
    const first = all.find((option) => option.dataset.id === id) || all[0];
    all.forEach((option) => { option.tabIndex = option === first ? 0 : -1; });
  }
};

const choose = (item) => {
  if (setup.carry) { say("wear", { item }); return; }
  mark(item.id);
  wanted = item.id;
  pick({ id: item.id });
};

const option = (item) => {
  const picture = make("img", { src: item.src, alt: "", draggable: "false", width: item.width, height: item.height });
  const button = make("button", {
    type: "button", role: "option", class: "picker-item", "data-id": item.id, "aria-selected": "false",
    tabindex: "-1", title: item.hint || item.label,
  }, make("span", { class: "picker-frame" }, picture), make("span", { class: "picker-name", text: item.label }));
  button.addEventListener("click", () => choose(item));
  if (setup.carry) carry(button, item, () => mark(item.id));
  return button;
};

const draw = () => {
  const value = valueOf();
  drawn = value.extra || [];
  const all = [...items, ...drawn];
  const focused = document.activeElement && box.contains(document.activeElement)
    ? document.activeElement.dataset.id : null;
  const groups = new Map();
  all.forEach((item) => {
    if (!groups.has(item.group || "")) groups.set(item.group || "", []);
    groups.get(item.group || "").push(item);
  });
  box.replaceChildren(...[...groups].map(([name, members]) => make("div", {
    class: "picker-group", role: "group", "aria-label": name || null,
  }, name ? make("div", { class: "picker-title", text: name, "aria-hidden": "true" }) : null,
  make("div", { class: "picker-grid", role: "presentation" }, ...members.map(option)))));
  drawOwn();
  if (setup.told) say(setup.told, { items: all });
  mark(value.selected);
  if (focused) options().find((o) => o.dataset.id === focused)?.focus();
};

// What the visitor brought can have another name, and go one by one.
const own = element.querySelector(".picker-own"), ownList = own.querySelector("ul");
const drawOwn = () => {
  own.hidden = !drawn.length;
  if (own.contains(document.activeElement) && document.activeElement.matches("input")) return;  // a name is being written
  ownList.replaceChildren(...drawn.map((item) => {
    const name = make("input", { type: "text", value: item.label, maxlength: "40", "aria-label": `Name of ${item.label}` });
    name.addEventListener("change", () => trigger("rename", { id: item.id, name: name.value }));
    name.addEventListener("keydown", (event) => { if (event.key === "Enter") name.blur(); });
    const gone = make("button", { type: "button", text: "Delete", "aria-label": `Delete ${item.label}`,
      title: "Undo does not bring it back" });
    gone.addEventListener("click", () => {
      if (gone.dataset.sure) { trigger("discard", { id: item.id }); return; }
      gone.dataset.sure = "yes";
      gone.textContent = "Really?";
      setTimeout(() => { delete gone.dataset.sure; gone.textContent = "Delete"; }, 4000);
    });
    return make("li", {}, make("img", { src: item.src, alt: "", width: 26, height: 38 }), name, gone);
  }));
};

const refresh = () => {
  const value = valueOf();
  const extra = value.extra || [];
  const same = extra.length === drawn.length && extra.every(({ id, src, label }, i) =>
    id === drawn[i].id && src === drawn[i].src && label === drawn[i].label);
  if (items.length && !same) draw();
  else if (wanted === null || value.selected === wanted) mark(value.selected);
  wanted = null;
};

rove(box, options);
showing(refresh);
server.items().then((got) => { items = got; box.classList.add("ready"); draw(); })
  .catch(() => { box.replaceChildren(make("p", { class: "picker-lost", text: "These pictures could not be loaded. Reload the page." })); });
