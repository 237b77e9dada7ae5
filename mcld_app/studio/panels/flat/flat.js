// Whether the person's own hair and loose clothes stand off the body.
const box = element.querySelector(".flat");
const switches = Object.fromEntries([...box.querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input]));

for (const input of Object.values(switches))
  input.addEventListener("change", () => trigger("off", { hair: switches.hair.checked, clothes: switches.clothes.checked }));

showing((value) => {
  for (const [name, input] of Object.entries(switches)) {
    input.checked = value[name].on;
    input.parentNode.hidden = !value[name].there;
  }
  box.hidden = !value.hair.there && !value.clothes.there;
});
