// A set of small pictures to choose from. With `carry`, each can also be dragged onto the person.
const box = element.querySelector(".picker");
box.setAttribute("aria-label", setup.title);
let items = [];
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

const choose = (item, byKey) => {
  mark(item.id);
  if (setup.carry) say("hold", { item, byKey });
  else { wanted = item.id; pick({ id: item.id }); }
};

const option = (item) => {
  const picture = make("img", { src: item.src, alt: "", draggable: "false", width: item.width, height: item.height });
  const button = make("button", {
    type: "button", role: "option", class: "picker-item", "data-id": item.id, "aria-selected": "false",
    tabindex: "-1", title: item.hint || item.label,
  }, make("span", { class: "picker-frame" }, picture), make("span", { class: "picker-name", text: item.label }));
  // A key press makes a click with detail 0.
  button.addEventListener("click", (event) => choose(item, event.detail === 0));
  if (setup.carry) carry(button, item);
  return button;
};

// Dragging by pointer, so that mouse, pen and touch are the same. A short move decides: where the page scrolls
// that way instead, the browser takes the pointer back and nothing is dragged.
function carry(button, item) {
  let from = null, ghost = null, dragged = false;
  const stop = (dropped, event) => {
    if (ghost) {
      say("carry", { item, phase: dropped ? "drop" : "cancel", x: event.clientX, y: event.clientY });
      ghost.remove();
      dragged = true;  // the click that follows a drag is not a choice
      setTimeout(() => { dragged = false; }, 60);
    }
    from = ghost = null;
    document.documentElement.classList.remove("mcld-carrying");
  };
  button.addEventListener("click", (event) => { if (dragged) event.stopImmediatePropagation(); }, true);
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    from = { x: event.clientX, y: event.clientY, id: event.pointerId };
  });
  button.addEventListener("pointermove", (event) => {
    if (!from || event.pointerId !== from.id) return;
    if (!ghost) {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) < 6) return;
      button.setPointerCapture(event.pointerId);
      ghost = make("div", { class: "mcld-ghost", "aria-hidden": "true" },
        make("img", { src: item.src, alt: "" }), make("span", { text: item.label }));
      document.body.append(ghost);
      document.documentElement.classList.add("mcld-carrying");
      mark(item.id);
    }
    event.preventDefault();
    ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    say("carry", { item, phase: "move", x: event.clientX, y: event.clientY });
  });
  button.addEventListener("pointerup", (event) => stop(true, event));
  button.addEventListener("pointercancel", (event) => stop(false, event));
  button.addEventListener("dragstart", (event) => event.preventDefault());
}

const draw = () => {
  const value = valueOf();
  const all = [...items, ...(value.extra || [])];
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
  const shown = options().length - items.length;
  if (items.length && shown !== (value.extra || []).length) draw();
  else if (wanted === null || value.selected === wanted) mark(value.selected);
  wanted = null;
};

rove(box, options);
showing(refresh);
if (setup.carry) {
  hear("held", ({ id }) => mark(id));
  hear("return-focus", ({ id }) => options().find((o) => o.dataset.id === id)?.focus());
}
server.items().then((got) => { items = got; box.classList.add("ready"); draw(); })
  .catch(() => { box.replaceChildren(make("p", { class: "picker-lost", text: "These pictures could not be loaded. Reload the page." })); });
