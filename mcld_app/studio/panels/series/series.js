// A series of poses.
const list = element.querySelector(".series-list"), between = element.querySelector(".series-between");
const root = element.querySelector(".series");
element.querySelector(".series-add").addEventListener("click", (event) => {
  if (event.detail > 1) return;  // of a double click, the second
  trigger("gather");
});
const clear = element.querySelector(".series-clear");
clear.addEventListener("click", () => trigger("clear"));
between.addEventListener("change", () => trigger("between", { count: Number(between.value) }));
const show = ({ poses, between: count = 0 }) => {
  list.replaceChildren(...poses.map((pose, i) => {
    const drop = make("button", { type: "button", "aria-label": `Take out: ${pose.label}`, title: "Take out", text: "×" });
    drop.addEventListener("click", () => trigger("drop", { index: i }));
    return make("li", {}, make("img", { src: pose.src, alt: pose.label, width: 52, height: 76 }), drop);
  }));
  root.classList.toggle("bare", !poses.length);
  clear.hidden = !poses.length;
  between.value = count;
  say("series", { count: poses.length });
};
show({ poses: [] });
showing(show);
