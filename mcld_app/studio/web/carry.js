// Dragging by pointer, so that mouse, pen and touch are the same. A short move decides: where the page scrolls
// that way instead, the browser takes the pointer back and nothing is dragged. The pointer is held from the press on, so
// that no move is missed, however near the edge or fast it is; and every way a press can end is heard on the window,
// where it comes even when the list was drawn anew meanwhile. `carrying` is the one press there can be.
let carrying = null;
function carry(button, item, lifted = () => {}) {
  let dragged = false;
  button.addEventListener("click", (event) => { if (dragged) event.stopImmediatePropagation(); }, true);
  button.addEventListener("dragstart", (event) => event.preventDefault());
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    carrying?.abort();
    const { pointerId, clientX, clientY } = event, press = new AbortController(), heard = { signal: press.signal, capture: true };
    let ghost = null;
    const stop = (phase, x = 0, y = 0) => {
      if (press.signal.aborted) return;
      press.abort();
      carrying = null;
      if (button.hasPointerCapture(pointerId)) button.releasePointerCapture(pointerId);
      const at = button.getBoundingClientRect();
      const slipped = x < at.left || x > at.right || y < at.top || y > at.bottom;
      dragged = Boolean(ghost) || slipped;  // the click that follows a drag, or a press that slipped off, is no choice
      setTimeout(() => { dragged = false; }, 60);
      if (!ghost) return;
      ghost.remove();
      document.documentElement.classList.remove("mcld-carrying");
      say("carry", { item, phase, x, y });
    };
    const move = (moved) => {
      if (moved.pointerId !== pointerId) return;
      if (!moved.buttons) { stop("cancel"); return; }  // it was released where nobody could hear it
      if (!ghost) {
        if (Math.hypot(moved.clientX - clientX, moved.clientY - clientY) < 6) return;
        ghost = make("div", { class: "mcld-ghost", "aria-hidden": "true" },
          item.colour ? make("i", { style: `background: ${item.colour}` }) : make("img", { src: item.src, alt: "" }));
        document.body.append(ghost);
        document.documentElement.classList.add("mcld-carrying");
        lifted();
      }
      moved.preventDefault();
      ghost.style.transform = `translate(${moved.clientX}px, ${moved.clientY}px)`;
      say("carry", { item, phase: "move", x: moved.clientX, y: moved.clientY });
    };
    const ends = (kind, phase) => window.addEventListener(kind, (ended) => {
      if (ended.pointerId === pointerId) stop(phase, ended.clientX, ended.clientY);
    }, heard);
    carrying = { abort: () => stop("cancel") };
    window.addEventListener("pointermove", move, heard);
    ends("pointerup", "drop");
    ends("pointercancel", "cancel");
    ends("lostpointercapture", "cancel");
    window.addEventListener("blur", (left) => { if (left.target === window) stop("cancel"); }, heard);
    button.setPointerCapture(pointerId);
  });
}
