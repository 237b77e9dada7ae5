// Examples: the look is put on the page first; once its preview is there, the model draws it.
let waiting = false, timer = null;
element.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
  waiting = true;
  clearTimeout(timer);
  timer = setTimeout(() => { waiting = false; }, 8000);
  trigger("run_example", { id: button.dataset.id });
}));
hear("answered", () => { if (waiting) { waiting = false; setTimeout(() => say("go"), 0); } });
