// How the figure is posed by hand: the frame, the handles, and what is pinned.
const root = element.querySelector(".posing"), cut = root.querySelector(".posing-cut"), all = cut.querySelector("button");
const follow = root.querySelector(".posing-follow"), handles = root.querySelector(".posing-handles");
const pins = [...root.querySelectorAll("[data-pin]")];
follow.addEventListener("change", () => trigger("follow", { on: follow.checked }));
handles.addEventListener("change", () => say("handles", { on: handles.checked }));
pins.forEach((button) => button.addEventListener("click", () => trigger("pin", { pin: button.dataset.pin })));
hear("pin", ({ pin }) => trigger("pin", { pin }));  // on the figure itself
all.addEventListener("click", () => trigger("show_all"));
showing((value) => {
  follow.checked = value.follows;
  pins.forEach((button) => button.setAttribute("aria-pressed", String(value.pins.includes(button.dataset.pin))));
  say("pins", { pins: value.pins });
  cut.querySelector("span").textContent = value.cut;
  all.hidden = !value.cut;
});
