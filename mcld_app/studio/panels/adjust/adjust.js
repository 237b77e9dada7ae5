// A garment's picture with its cut-out and its key points: dragged with mouse or finger, moved with the arrow keys; the
// person beside it wears it as the points lie. A brush puts the cut-out right.
const $ = (name) => element.querySelector(`.${name}`);
const root = $("adjust"), svg = $("adjust-marks"), picture = $("adjust-picture"), canvas = $("adjust-brush");
const tools = [...element.querySelectorAll("[data-tool]")], size = $("adjust-size"), hint = $("adjust-hint");
const kind = $("adjust-kind").querySelector("select"), sleeves = $("adjust-sleeves").querySelector("input");
const NS = "http://www.w3.org/2000/svg";
const REST = "Drag a point to where its name says. The dashed ones were guessed.";
const pictures = new Map();  // of a garment, sent once
let shown = null, held = null, gesture = 0, tool = "points", nodes = new Map();
const commit = latest("point");

const shape = (tag, attributes, parent = svg) => {
  const node = document.createElementNS(NS, tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  parent.append(node);
  return node;
};
const path = (outlines) => outlines.map((points) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}Z`).join("");
const named = (id) => {
  const [side, ...rest] = id.split("_");
  const words = [side, ...rest].join(" ");
  return id === "neckline" ? "Front of neckline" : words.charAt(0).toUpperCase() + words.slice(1);
};
const put = (id, [x, y]) => {
  const node = nodes.get(id);
  if (!node) return;
  node.at = [x, y];
  node.setAttribute("transform", `translate(${x * shown.size[1]} ${y * shown.size[0]}) scale(${scale()})`);
  // Each name stands where none of the others does, and always in the picture.
  const name = node.querySelector("text"), across = x * svg.clientWidth, wide = name.textContent.length * 6.2 + 18;
  const out = x < 0.5 ? -1 : 1, end = (way) => (way < 0 ? "end" : "start");
  const room = out < 0 ? across > wide : svg.clientWidth - across > wide;
  const [dx, dy, anchor] = id.endsWith("armpit") ? [out * 12, 23, end(-out)]
    : id.endsWith("inner_hem") ? [-out * 4, -15, end(out)]
      : id.endsWith("shoulder") ? [0, -15, "middle"]
        : room && !isMiddle(id) ? [out * 14, 4, end(out)]
          : [Math.max(wide / 2 - across, 0) - Math.max(across + wide / 2 - svg.clientWidth, 0), 24, "middle"];
  name.setAttribute("x", dx);
  name.setAttribute("y", dy);
  name.setAttribute("text-anchor", anchor);
};
const isMiddle = (id) => !/^(left|right)_/.test(id);
/** Units of the picture that a pixel of the screen takes: points and lines are as large on every picture. */
const scale = () => (svg.clientWidth ? shown.size[1] / svg.clientWidth : 1);

const place = (event) => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const within = (value) => Math.min(1, Math.max(0, value));
  return { x: within(at.x / shown.size[1]), y: within(at.y / shown.size[0]) };
};
const tellPoint = (id) => { hint.textContent = id ? shown.labels[id] : REST; };
const handle = (id, label) => {
  const node = shape("g", { class: "adjust-point", tabindex: "0", role: "button", "data-id": id,
    "aria-label": `${label}: drag, or move with the arrow keys` });
  shape("circle", { r: 20, class: "adjust-touch" }, node);
  shape("circle", { r: 7, class: "adjust-dot" }, node);
  shape("text", {}, node).textContent = named(id);
  draggable(node, {
    begin: () => { gesture += 1; held = id; },
    move: (event) => {
      const { x, y } = place(event);
      put(id, [x, y]);
      say("live", { act: "garment", point: id, x, y });
    },
    end: (event, moved) => {
      held = null;
      say("live-end");
      if (moved) commit({ point: id, x: node.at[0], y: node.at[1], gesture: `drag ${gesture}` });
    },
  });
  node.addEventListener("focus", () => { gesture += 1; tellPoint(id); });
  node.addEventListener("pointerenter", () => { if (!held) tellPoint(id); });
  node.addEventListener("pointerleave", () => { if (!held) tellPoint(null); });
  node.addEventListener("blur", () => tellPoint(null));
  node.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 16 : 3;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!by) return;
    event.preventDefault();
    const within = (value) => Math.min(1, Math.max(0, value));
    put(id, [within(node.at[0] + by[0] / shown.size[1]), within(node.at[1] + by[1] / shown.size[0])]);
    commit({ point: id, x: node.at[0], y: node.at[1], gesture: `keys ${gesture}` });
  });
  nodes.set(id, node);
};

const mark = ({ places, guessed, inside }) => {
  svg.querySelector(".adjust-inside").setAttribute("d", path(inside));
  Object.entries(places).forEach(([id, at]) => {
    if (held !== id) put(id, at);  // the hand knows better where its own point is
    nodes.get(id)?.classList.toggle("guessed", guessed.includes(id));
  });
};
const draw = () => {
  const ids = Object.keys(shown.labels);
  if (ids.length !== nodes.size || ids.some((id) => !nodes.has(id))) {
    held = null;
    svg.replaceChildren();
    nodes = new Map();
    shape("path", { class: "adjust-outline" });
    shape("path", { class: "adjust-inside" });
    ids.forEach((id) => handle(id, shown.labels[id]));
  }
  svg.querySelector(".adjust-outline").setAttribute("d", path(shown.outlines));
  mark(shown);
};

const use = (name) => {
  tool = name;
  tools.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.tool === name)));
  root.dataset.tool = name;
  size.hidden = name === "points";
  hint.textContent = { points: REST, add: "Paint over what belongs to the garment and lies outside of the line.",
    less: "Paint over what does not belong to the garment." }[name];
};
tools.forEach((button) => button.addEventListener("click", () => use(button.dataset.tool)));
const brush = paintable(canvas, () => (tool === "points" ? null
  : { colour: "#2dd4bf", size: (+size.querySelector("input").value * canvas.width) / Math.max(canvas.clientWidth, 1) / 2, erase: tool === "less" }),
(strokes) => trigger("cut", { strokes, add: tool === "add" }));

kind.addEventListener("change", () => trigger("kind", { kind: kind.value }));
sleeves.addEventListener("change", () => trigger("sleeves", { on: !sleeves.checked }));
$("adjust-again").addEventListener("click", () => trigger("again"));
$("adjust-done").addEventListener("click", () => { root.hidden = true; trigger("done"); });
hear("garment-shown", (news) => { if (held && shown && news.places) mark(news); });
// What the server refused lies again where it was.
hear("answered", () => { setTimeout(() => { if (shown && !held) { mark(shown); kind.value = shown.kind; brush.clear(); } }, 0); });
new ResizeObserver(() => { if (shown && !root.hidden) nodes.forEach((node, id) => put(id, node.at)); }).observe(svg);

const show = (value) => {
  const opens = value.open && (root.hidden || shown?.key !== value.key);
  root.hidden = !value.open;
  if (!value.open) { shown = null; pictures.clear(); return; }
  if (value.picture) pictures.set(value.key, value.picture);
  if (!pictures.has(value.key)) trigger("lost");  // the answer that brought it was overtaken by a newer one
  shown = value;
  picture.src = pictures.get(value.key) || "";
  const [height, width] = value.size;
  picture.width = width;
  picture.height = height;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.style.setProperty("--shape", width / height);
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  brush.clear();
  $("adjust-name").textContent = `“${value.name}”`;
  $("adjust-say").textContent = value.problem;
  kind.value = value.kind;
  $("adjust-sleeves").hidden = value.sleeves === null;
  sleeves.checked = value.sleeves === false;
  $("adjust-again").disabled = !value.changed;
  if (opens) use(value.problem ? "add" : "points");
  draw();
  if (opens) say("adjusting");
  if (opens) setTimeout(() => root.scrollIntoView({ block: innerWidth > 720 ? "nearest" : "start" }), 60);
};
use("points");
showing(show);
