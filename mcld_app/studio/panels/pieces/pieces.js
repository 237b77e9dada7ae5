// What somebody on a dropped photo wears: a click on a piece puts it on.
const box = element.querySelector(".pieces");
const SVG = "http://www.w3.org/2000/svg";

showing(({ name, src, ratio, pieces }) => {
  box.replaceChildren();
  if (!pieces.length) return;
  box.append(make("p", { text: `What is worn in “${name}”. Click what you mean.` }));
  const frame = make("div", { class: "pieces-photo" }, make("img", { src, alt: `The photo “${name}”` }));
  const over = document.createElementNS(SVG, "svg");
  over.setAttribute("viewBox", `0 0 ${ratio} 1`);
  over.setAttribute("preserveAspectRatio", "none");
  over.setAttribute("aria-hidden", "true");  // the buttons say the same
  const buttons = make("div", { class: "pieces-names" });
  for (const { id, label, lines } of pieces) {
    const shapes = lines.map((line) => {
      const shape = document.createElementNS(SVG, "polygon");
      shape.setAttribute("points", line.map(([x, y]) => `${x * ratio},${y}`).join(" "));
      shape.addEventListener("click", () => trigger("wear", { piece: id }));
      over.append(shape);
      return shape;
    });
    const button = make("button", { type: "button", text: label });
    const light = (on) => shapes.forEach((shape) => shape.classList.toggle("lit", on));
    for (const [event, on] of [["pointerenter", true], ["focus", true], ["pointerleave", false], ["blur", false]])
      button.addEventListener(event, () => light(on));
    button.addEventListener("click", () => trigger("wear", { piece: id }));
    buttons.append(button);
  }
  frame.append(over);
  box.append(frame, buttons);
});
