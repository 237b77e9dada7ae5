// The mannequin's joints over the picture: dragged with mouse or finger, moved with the arrow keys.

/**
 * @param {SVGElement} svg over the picture, in its own coordinates
 * @param {(data: object) => void} drag sends {handle, x, y, live, gesture} or, from the keyboard, {..., by: true}; for
 *   the whole figure, which turns where the ground beside it is dragged and grows by the wheel, {act: "turn", by}
 */
const joints = (svg, drag) => {
  const NS = "http://www.w3.org/2000/svg";
  const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  const nodes = new Map(), bones = [];
  let held = null, gesture = 0;

  const shape = (tag, attributes) => {
    const node = document.createElementNS(NS, tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    svg.append(node);
    return node;
  };
  const put = (node, x, y) => { node.setAttribute("transform", `translate(${x * width} ${y * height})`); node.at = [x, y]; };
  const build = ({ points, bones: pairs }) => {
    svg.replaceChildren();
    nodes.clear();
    bones.length = 0;
    pairs.forEach(([a, b]) => bones.push({ a, b, line: shape("line", { class: "bone" }) }));
    points.forEach((point) => {
      const node = shape("g", { class: "joint-handle", tabindex: "0", role: "button", "data-id": point.id,
        "aria-label": `${point.label}: drag, or move with the arrow keys` });
      const title = document.createElementNS(NS, "title");
      title.textContent = point.label;
      const touch = document.createElementNS(NS, "circle"), dot = document.createElementNS(NS, "circle");
      node.dataset.pin = /_(wrist|hand|ankle|toes)$/.test(point.id) ? point.id.replace(/wrist$/, "hand").replace(/ankle$|toes$/, "foot") : "";
      touch.setAttribute("r", "15");
      touch.setAttribute("class", "joint-touch");
      dot.setAttribute("r", "6.5");
      dot.setAttribute("class", "joint-dot");
      node.append(title, touch, dot);
      listen(node, point.id);
      nodes.set(point.id, node);
    });
  };
  const stretch = () => bones.forEach(({ a, b, line }) => {
    const from = nodes.get(a)?.at, to = nodes.get(b)?.at;
    if (!from || !to) return;
    line.setAttribute("x1", from[0] * width); line.setAttribute("y1", from[1] * height);
    line.setAttribute("x2", to[0] * width); line.setAttribute("y2", to[1] * height);
  });
  const place = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x: Math.min(1.2, Math.max(-0.2, at.x / width)), y: Math.min(1.2, Math.max(-0.2, at.y / height)) };
  };
  const listen = (node, id) => {
    draggable(node, {
      begin: () => { gesture += 1; held = id; },
      move: (event) => {
        const { x, y } = place(event);
        put(node, x, y);
        stretch();
        drag({ handle: id, x, y, live: true, gesture: `drag ${gesture}` });
      },
      end: (event, moved) => {
        held = null;
        if (moved) drag({ handle: id, ...place(event), live: false, gesture: `drag ${gesture}` });
      },
    });
    node.addEventListener("focus", () => { gesture += 1; });
    node.addEventListener("dblclick", () => { if (node.dataset.pin) say("pin", { pin: node.dataset.pin }); });
    node.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "p" && node.dataset.pin && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        say("pin", { pin: node.dataset.pin });
        return;
      }
      const step = (event.shiftKey ? 16 : 4) / height;
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
      if (!by) return;
      event.preventDefault();
      drag({ handle: id, x: (by[0] * height) / width, y: by[1], by: true, live: false, gesture: `drag ${gesture}` });
    });
  };
  // A hand that misses a handle by a little means it all the same.
  const NEAR = 34;  // pixels of the screen from its middle
  const nearest = (event) => {
    let best = null, least = NEAR;
    nodes.forEach((node) => {
      const at = node.querySelector(".joint-dot").getBoundingClientRect();
      const away = Math.hypot(at.left + at.width / 2 - event.clientX, at.top + at.height / 2 - event.clientY);
      if (away < least) [best, least] = [node, away];
    });
    return best;
  };
  // Drag beside the figure: it turns about itself and looks up or down. Up and down scrolls the page for a finger.
  let orbit = null;
  const turned = (event) => ({ yaw: ((event.clientX - orbit.x) / svg.clientWidth) * 240,
    pitch: event.pointerType === "mouse" ? ((event.clientY - orbit.y) / svg.clientHeight) * 90 : 0 });
  svg.addEventListener("pointerdown", (event) => {
    if (event.target !== svg || event.button !== 0 || !event.isPrimary) return;
    const near = nearest(event);
    if (near) { event.preventDefault(); near.dispatchEvent(new PointerEvent("pointerdown", event)); return; }
    if (event.pointerType === "mouse") event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    gesture += 1;
    orbit = { x: event.clientX, y: event.clientY, pointer: event.pointerId, moved: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!orbit || orbit.pointer !== event.pointerId) return;
    orbit.moved = orbit.moved || Math.hypot(event.clientX - orbit.x, event.clientY - orbit.y) > 4;
    if (orbit.moved) drag({ act: "turn", by: turned(event), live: true, gesture: `orbit ${gesture}` });
  });
  const settle = (event) => {
    if (!orbit || orbit.pointer !== event.pointerId) return;
    if (orbit.moved && event.type === "pointerup") drag({ act: "turn", by: turned(event), live: false, gesture: `orbit ${gesture}` });
    orbit = null;
  };
  svg.addEventListener("pointerup", settle);
  svg.addEventListener("pointercancel", settle);
  let wheeled = 0, resting = null;
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !svg.closest(".fitting")) return;  // else the wheel is the page's
    event.preventDefault();
    if (!resting) { gesture += 1; wheeled = 0; }
    clearTimeout(resting);
    wheeled -= event.deltaY / 600;
    const told = { act: "turn", by: { zoom: wheeled }, gesture: `wheel ${gesture}` };
    drag({ ...told, live: true });
    resting = setTimeout(() => { resting = null; drag({ ...told, live: false }); }, 250);
  }, { passive: false });

  let pinned = [];
  const mark = () => nodes.forEach((node) => node.classList.toggle("pinned", pinned.includes(node.dataset.pin)));
  hear("pins", ({ pins }) => { pinned = pins; mark(); });

  return (value) => {
    svg.classList.toggle("none", !value);
    if (!value) { svg.replaceChildren(); nodes.clear(); return; }
    if (nodes.size !== value.points.length) build(value);
    value.points.forEach((point) => {
      const node = nodes.get(point.id);
      node.classList.toggle("behind", !point.front);
      node.classList.toggle("unsure", Boolean(point.unsure));
      if (held !== point.id) put(node, point.x, point.y);  // the hand knows better where its own joint is
    });
    stretch();
    mark();
  };
};
