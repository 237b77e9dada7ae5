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
  if (setup.told) say(setup.told, { items: all });
  mark(value.selected);
  if (focused) options().find((o) => o.dataset.id === focused)?.focus();
};

const refresh = () => {
  const value = valueOf();
  const extra = value.extra || [];
  const same = extra.length === drawn.length && extra.every(({ id, src }, i) => id === drawn[i].id && src === drawn[i].src);
  if (items.length && !same) draw();
  else if (wanted === null || value.selected === wanted) mark(value.selected);
  wanted = null;
};

rove(box, options);
showing(refresh);
server.items().then((got) => { items = got; box.classList.add("ready"); draw(); })
  .catch(() => { box.replaceChildren(make("p", { class: "picker-lost", text: "These pictures could not be loaded. Reload the page." })); });
