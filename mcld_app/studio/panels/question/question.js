// A question with pictures of its answers. The rest of the page stays usable meanwhile.
const card = element.querySelector(".question");
let from = null;
const leave = () => { card.hidden = true; trigger("leave"); from?.focus?.(); };
const show = ({ text, name, options }) => {
  const open = Boolean(text);
  const had = card.contains(document.activeElement);
  if (open && card.hidden) from = document.activeElement;
  card.hidden = !open;
  card.replaceChildren();
  if (!open) { if (had) from?.focus?.(); return; }
  const close = make("button", { type: "button", class: "question-close", "aria-label": "Close the question", title: "Nothing is lost", text: "×" });
  close.addEventListener("click", leave);
  const answers = options.map(({ label, src }, index) => {
    const button = make("button", { type: "button", class: "question-answer" },
      src ? make("img", { src, alt: "", width: 99, height: 144 }) : null, make("span", { text: label }));
    button.addEventListener("click", () => { card.hidden = true; trigger("answer", { index, name }); });
    return button;
  });
  card.append(make("p", { id: "question-text", text }), close, make("div", { class: "question-answers" }, ...answers));
  answers[0]?.focus({ preventScroll: true });
};
card.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); leave(); } });  // and nothing else that Escape would end
showing(show);
