// A clip whose movement is read. The rest of the page stays usable meanwhile.
const card = element.querySelector(".clip"), text = card.querySelector("p"), people = card.querySelector(".clip-people");
const progress = card.querySelector(".clip-progress"), stop = card.querySelector(".clip-stop");
let key = "", name = "", before = null;

const close = () => {
  const had = card.contains(document.activeElement);
  card.hidden = true;
  people.replaceChildren();
  if (had) before?.focus?.();
};
const step = (share, said) => {
  progress.hidden = false;
  progress.style.setProperty("--share", `${share * 100}%`);
  progress.setAttribute("aria-valuenow", Math.round(share * 100));
  progress.querySelector("span").textContent = said;
};
const read = (who = null) => {
  text.textContent = `Reading the movement in “${name}” …`;
  people.replaceChildren();
  step(0, "Waiting …");
  trigger("read", who === null ? { key } : { key, who });
};
stop.addEventListener("click", () => { trigger("halt"); close(); trigger("leave"); });
card.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); stop.click(); } });

const ask = (portraits) => {
  text.textContent = `Several people are in “${name}”. Whose movement do you mean?`;
  progress.hidden = true;
  const buttons = portraits.map((src, who) => {
    const button = make("button", { type: "button", title: `Person ${who + 1}` },
      make("img", { src, alt: `Person ${who + 1} in the clip`, width: 82, height: 120 }));
    button.addEventListener("click", () => read(who));
    return button;
  });
  people.replaceChildren(...buttons);
  buttons[0]?.focus({ preventScroll: true });
};

showing((value) => {
  if (value.state === "new" && value.key !== key) {
    ({ key, name } = value);
    if (card.hidden) before = document.activeElement;
    card.hidden = false;
    read();
    return;
  }
  if (value.state === "none") { key = ""; close(); return; }
  if (value.key !== key) return;  // of a clip before this one
  if (value.state === "step") step(value.share, value.text);
  if (value.state === "who") ask(value.people);
  if (value.state === "done") { step(1, ""); trigger("take", { key }); }
  if (value.state === "failed") { close(); trigger("leave", { problem: value.text }); }
});
