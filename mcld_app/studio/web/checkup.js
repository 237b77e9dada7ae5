// What may go wrong with the conditions.
const list = element.querySelector(".checkup-list");
let newest = -1;
const show = () => {
  const value = props.value;
  if (!value || !value.findings || value.serial < newest) return;
  newest = value.serial;
  list.replaceChildren(...value.findings.map(({ level, text }) => make("li", { class: level, text })));
};
watch("value", show);
show();
