// Shared by all components: it is put in front of each one's own script.

/** A DOM element with attributes, and children that are elements or plain text (never markup). */
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

/** Components speak to one another through events on the document: they share no element and no module. */
const say = (name, detail = {}) => document.dispatchEvent(new CustomEvent(`mcld:${name}`, { detail }));
const hear = (name, listener) => {
  const heard = (event) => {
    if (element.isConnected) listener(event.detail);
    else document.removeEventListener(`mcld:${name}`, heard);
  };
  document.addEventListener(`mcld:${name}`, heard);
};

/** Hear an event wherever on the page it happens, for as long as this component is there. */
const onDocument = (kind, act) => {
  const heard = (event) => {
    if (element.isConnected) act(event);
    else document.removeEventListener(kind, heard);
  };
  document.addEventListener(kind, heard);
};

const warn = (text) => say("note", { kind: "warning", text });
const tell = (text) => say("note", { kind: "info", text });

/** Arrow keys move the focus within a set of buttons of which one is in the tab order. */
const rove = (box, buttons) => {
  box.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const here = all[at].getBoundingClientRect();
    const middle = here.left + here.width / 2;
    const inRow = (up) => {
      // The nearest row above or below, and in it the button nearest to this one's middle.
      const rows = all.map((b) => b.getBoundingClientRect());
      const beyond = rows.filter((r) => (up ? r.bottom <= here.top + 4 : r.top >= here.bottom - 4));
      if (!beyond.length) return at;
      const edge = up ? Math.max(...beyond.map((r) => r.top)) : Math.min(...beyond.map((r) => r.top));
      let best = at, least = Infinity;
      rows.forEach((r, i) => {
        const off = Math.abs(r.left + r.width / 2 - middle);
        if (Math.abs(r.top - edge) < 8 && off < least) [best, least] = [i, off];
      });
      return best;
    };
    const to = {
      ArrowRight: () => Math.min(at + 1, all.length - 1), ArrowLeft: () => Math.max(at - 1, 0),
      ArrowDown: () => inRow(false), ArrowUp: () => inRow(true),
      Home: () => 0, End: () => all.length - 1,
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = all[to()];
    all.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  });
};

/**
 * Trigger an event so that the last one counts: while the server is at work, newer data waits and older is dropped.
 * Gradio's own trigger_mode="always_last" runs the last event with an earlier one's data (6.31).
 */
const latest = (name) => {
  let busy = false, waiting = null, timer = null;
  const go = (data) => {
    busy = true;
    timer = setTimeout(done, 4000);  // an answer that never comes must not stop the next
    trigger(name, data);
  };
  const done = () => {
    if (!busy) return;
    clearTimeout(timer);
    busy = false;
    if (waiting) { const data = waiting; waiting = null; go(data); }
  };
  hear("answered", done);
  return (data) => { if (busy) waiting = data; else go(data); };
};

/** Draw the component's value, now and whenever the server sends another. One that a newer has overtaken is dropped. */
const showing = (draw) => {
  let newest = -1;
  const show = () => {
    const value = props.value;
    if (!value || value.serial < newest) return;
    newest = value.serial ?? newest;
    draw(value);
  };
  watch("value", show);
  show();
};

/**
 * Tell the server whether this component is to be seen at all: of what is shut, in a tab or folded away, nothing is
 * worked out there. A server that has forgotten this visit is told again.
 */
const opening = () => {
  let open = false;
  const tellIt = () => trigger("seen", { on: open });
  new ResizeObserver(() => {
    const now = element.isConnected && element.getClientRects().length > 0;
    if (now === open) return;
    open = now;
    tellIt();
  }).observe(element);
  hear("stale", () => { if (open) tellIt(); });
};

/** A file as the server takes it: its name and its bytes in base64. */
const LARGEST_FILE = 20 * 1024 * 1024;
const packed = (file) => new Promise((resolve, reject) => {
  if (file.size > LARGEST_FILE) {
    reject(new Error(`“${file.name}” is larger than 20 MB. Save it smaller and try again.`));
    return;
  }
  const reader = new FileReader();
  reader.onload = () => resolve({ name: file.name, data: String(reader.result).split(",")[1] || "" });
  reader.onerror = () => reject(new Error(`“${file.name}” could not be read from your disk. Choose it again.`));
  reader.readAsDataURL(file);
});

/**
 * Let a node of an SVG be dragged with mouse or finger.
 *
 * @param {SVGElement} node takes the class "held" meanwhile
 * @param {{begin: () => void, move: (event: PointerEvent) => void, end: (event: PointerEvent, moved: boolean) => void}} told
 */
const draggable = (node, { begin, move, end }) => {
  let held = null;
  // A browser does not heed `touch-action` within an SVG: without this, a finger would scroll the page.
  node.addEventListener("touchstart", (event) => { if (event.cancelable) event.preventDefault(); }, { passive: false });
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    held = { pointer: event.pointerId, moved: false };
    node.classList.add("held");
    begin();
  });
  node.addEventListener("pointermove", (event) => {
    if (!held || held.pointer !== event.pointerId) return;
    held.moved = true;
    move(event);
  });
  const letGo = (event) => {
    if (!held || held.pointer !== event.pointerId) return;
    const { moved } = held;
    held = null;
    node.classList.remove("held");
    end(event, moved);
  };
  node.addEventListener("pointerup", letGo);
  node.addEventListener("pointercancel", letGo);
};
