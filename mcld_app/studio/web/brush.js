// Painting with mouse, pen or finger, for all pictures that can be painted on.

/**
 * Let a canvas be painted on. While the server has not answered, the stroke stays where it was drawn.
 * @param {HTMLCanvasElement} canvas of the picture's own size
 * @param {() => ({colour: string, size: number, erase: boolean}|null)} tool what is in hand; null is nothing
 * @param {(png: string) => void} done gets the finished stroke, a PNG of the canvas's size in base64
 * A ring at the pointer shows how large the brush is.
 * @returns {{clear: () => void}} `clear` takes the stroke away once the picture itself shows it
 */
const paintable = (canvas, tool, done) => {
  const context = canvas.getContext("2d");
  let last = null, id = null, sent = false;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  const line = (from, to, { colour, size, erase }) => {
    context.strokeStyle = erase ? "#ff4fa3" : colour;
    context.lineWidth = size;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
  };
  const ring = make("div", { class: "brush-ring", "aria-hidden": "true" });
  canvas.after(ring);
  const showRing = (event) => {
    const now = event && tool();
    ring.hidden = !now;
    if (!now) return;
    const box = canvas.getBoundingClientRect(), holder = ring.offsetParent?.getBoundingClientRect() || box;
    const width = now.size * box.width / canvas.width;
    Object.assign(ring.style, {
      width: `${width}px`, height: `${width}px`,
      transform: `translate(${event.clientX - holder.left - width / 2}px, ${event.clientY - holder.top - width / 2}px)`,
    });
  };
  showRing(null);
  let under = null;
  canvas.addEventListener("pointermove", (event) => { under = event; showRing(event); });
  canvas.addEventListener("pointerleave", () => { under = null; showRing(null); });
  hear("brush", () => showRing(under));  // another size
  const clear = () => { if (!last) { context.clearRect(0, 0, canvas.width, canvas.height); sent = false; } };
  canvas.addEventListener("pointerdown", (event) => {
    const now = tool();
    if (!now || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    if (sent) { context.clearRect(0, 0, canvas.width, canvas.height); sent = false; }
    id = event.pointerId;
    canvas.classList.add("painting");
    last = place(event);
    line(last, last, now);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || event.pointerId !== id) return;
    for (const step of event.getCoalescedEvents?.() || [event]) {
      const to = place(step);
      line(last, to, tool() || {});
      last = to;
    }
  });
  const end = (keep) => (event) => {
    if (!last || event.pointerId !== id) return;
    last = id = null;
    canvas.classList.remove("painting");
    if (!keep) { context.clearRect(0, 0, canvas.width, canvas.height); return; }
    sent = true;
    done(solid(canvas));
  };
  canvas.addEventListener("pointerup", end(true));
  canvas.addEventListener("pointercancel", end(false));
  return { clear };
};

/** A canvas as a PNG in base64, every pixel painted or not: a soft edge would leave a seam of half a colour. */
const solid = (canvas) => {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  const image = context.getImageData(0, 0, copy.width, copy.height);
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = image.data[i] > 127 ? 255 : 0;
  context.putImageData(image, 0, 0);
  return copy.toDataURL("image/png").split(",")[1];
};
