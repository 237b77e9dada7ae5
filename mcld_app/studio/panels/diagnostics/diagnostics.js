// What may go wrong with the conditions.
const list = element.querySelector(".diagnostics-list");
showing(({ findings }) => list.replaceChildren(...findings.map(({ level, text }) => make("li", { class: level, text }))));
